public import MRDLModel

/// What a trainer reports while it works.
public enum TrainingProgress: Sendable, Hashable {
  /// A step has been taken.
  ///
  /// - Parameters:
  ///   - epoch: from 1.
  ///   - sampleCount: samples of this epoch so far.
  ///   - loss: the mean over them.
  case step(epoch: Int, sampleCount: Int, loss: Double)
  /// An epoch is over, its validation too.
  case epoch(TrainingRecord.Epoch)
  /// A checkpoint has been written.
  case checkpoint(path: String)
}

/// What comes out of training.
public struct TrainingResult: Sendable {
  /// Why training ended.
  public enum Ending: String, Sendable, Hashable, CaseIterable {
    /// All epochs are over.
    case completed
    /// There was no progress any more.
    case stoppedEarly
    /// The caller asked for it; a checkpoint, where there are some, has been written.
    case interrupted
  }

  /// The model with its parameters and running averages trained.
  public let model: Model
  /// What was measured in each epoch: `loss`, the metrics by their names, both again after `validation_`
  /// where there was validation data, and `learning_rate` at the end of the epoch.
  public let history: [TrainingRecord.Epoch]
  /// The epoch that the parameters are from; 0 for the first values.
  public let chosenEpoch: Int
  public let ending: Ending
}

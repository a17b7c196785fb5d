internal import MRDLModel

/// Where a run stands between two steps: with the parameters, the slots of the optimizer and the options it
/// decides everything that follows.
struct RunState: Sendable {
  /// The epoch that is under way, from 1.
  var epoch = 1
  /// Samples of it that have been learned from, in its order.
  var sampleCount = 0
  /// Steps taken in all epochs.
  var stepCount = 0
  /// Runs of the training program in all epochs: what random numbers within the model are keyed by.
  var runCount = 0
  /// The loss and the metrics of the epoch so far.
  var score: RunningScore
  /// The rate of the last step.
  var rate = 0.0
  var history: [TrainingRecord.Epoch] = []
  /// The best epoch so far, where one has been chosen.
  var best: Best?
  /// Progress for early stopping and for the rate, each with a threshold of its own.
  var stopping = Progress()
  var plateau = Progress()
  /// How often the rate has fallen on a plateau.
  var plateauCount = 0

  struct Best: Sendable {
    var epoch: Int
    var score: Double
    var parameters: [ModelTensor]
  }

  /// The best score so far, and for how many epochs there has been none that is better.
  struct Progress: Sendable {
    var best = -Double.infinity
    var staleCount = 0

    mutating func add(_ score: Double, leastChange: Double) {
      if score > best + leastChange || (best == -.infinity && score > best) {
        best = score
        staleCount = 0
      } else {
        staleCount += 1
      }
    }
  }
}

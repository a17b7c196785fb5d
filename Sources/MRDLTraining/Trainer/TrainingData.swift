public import MRDLCore

/// Samples to learn from or to measure on: an input of the model and a target each.
///
/// Requests come from several threads at once.
public protocol TrainingData: Sendable {
  var sampleCount: Int { get }
  /// The shape of the input without the batch.
  var inputShape: Shape { get }
  /// nil where the target is the number of a class, else the shape of the target without the batch.
  var targetShape: Shape? { get }

  /// Writes the input of a sample, element by element.
  ///
  /// - Parameters:
  ///   - epoch: from 1 while training, 0 while measuring; what is varied at random depends on it, and on
  ///     the sample.
  func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>)

  /// Writes the target of a sample that is no class.
  func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>)

  /// The class of a sample that has one.
  func label(ofSample index: Int) -> Int

  // What follows is for data that need it.

  /// The shape of the classes of a sample, where targets are classes: empty for one class, [steps] for one
  /// at every step of a sequence. Predictions are then [batch, classes, steps].
  var labelShape: Shape { get }

  /// Writes the classes of a sample.
  func copyLabels(ofSample index: Int, into target: inout MutableSpan<Int32>)

  /// Whether samples are sequences with lengths of their own, which go to the model's input of lengths.
  var hasLengths: Bool { get }

  /// Whether a sample is a sequence that begins where the sample before it ends.
  func continues(atSample index: Int) -> Bool

  /// The number of steps of a sample.
  func length(ofSample index: Int) -> Int

  /// The shape of the weights of a sample in the loss, nil where all samples count alike: empty for one
  /// weight a sample, or the shape of the target, where 0 masks a part of it. The loss divides by their mean.
  var weightShape: Shape? { get }

  /// Writes the weights of a sample, which are not negative.
  func copyWeights(ofSample index: Int, into target: inout MutableSpan<Float>)
}

extension TrainingData {
  public func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    preconditionFailure("the target of a sample is a class")
  }

  public func label(ofSample index: Int) -> Int {
    preconditionFailure("the target of a sample is no class")
  }

  public var labelShape: Shape { .scalar }

  public func copyLabels(ofSample index: Int, into target: inout MutableSpan<Int32>) {
    target[0] = Int32(truncatingIfNeeded: label(ofSample: index))
  }

  public var hasLengths: Bool { false }

  public func continues(atSample index: Int) -> Bool { false }

  public func length(ofSample index: Int) -> Int {
    preconditionFailure("the samples have no lengths")
  }

  public var weightShape: Shape? { nil }

  public func copyWeights(ofSample index: Int, into target: inout MutableSpan<Float>) {
    preconditionFailure("the samples have no weights")
  }
}

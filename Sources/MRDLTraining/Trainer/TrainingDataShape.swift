public import MRDLCore

/// What a training program needs to know of its data before it sees any.
public struct TrainingDataShape: Sendable, Hashable {
  /// `i32` where a target is the number of a class, else `f32`.
  public var targetType: ScalarType
  /// The shape of a target without the batch; empty for one class a sample.
  public var targetShape: Shape
  /// Whether samples are sequences with lengths of their own.
  public var hasLengths: Bool
  /// The shape of the weights of a sample, nil where all samples count alike: empty for one weight a
  /// sample, or the shape of the target.
  public var weightShape: Shape?

  public init(
    targetType: ScalarType = .int32, targetShape: Shape = .scalar, hasLengths: Bool = false,
    weightShape: Shape? = nil
  ) {
    self.targetType = targetType
    self.targetShape = targetShape
    self.hasLengths = hasLengths
    self.weightShape = weightShape
  }

  /// What some data are.
  public init(_ data: some TrainingData) {
    self.init(
      targetType: data.targetShape == nil ? .int32 : .float32,
      targetShape: data.targetShape ?? data.labelShape, hasLengths: data.hasLengths,
      weightShape: data.weightShape)
  }
}

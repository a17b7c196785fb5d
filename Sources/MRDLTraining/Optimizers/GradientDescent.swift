/// Gradient descent (4), (3-13): w := w − α g; with momentum v := μ v − α g, w := w + v (Polyak, 1964), or
/// with Nesterov's look-ahead w := w + μ v − α g.
///
/// Whether it is stochastic, in mini-batches or full-batch is decided by `TrainingOptions.batchSize` and
/// `accumulationCount`.
public struct GradientDescent: Sendable, Hashable {
  /// μ, the share of the last step that the next one keeps.
  public var momentum: Double
  public var usesNesterov: Bool

  public init(momentum: Double = 0, usesNesterov: Bool = false) {
    self.momentum = momentum
    self.usesNesterov = usesNesterov
  }
}

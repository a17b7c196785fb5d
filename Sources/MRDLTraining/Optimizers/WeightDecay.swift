/// How weights are drawn to zero. Biases and other vectors are left alone: parameters of fewer than two
/// axes never decay.
///
/// The loss that is reported does not contain the penalties.
public struct WeightDecay: Sendable, Hashable {
  /// λ₁ of the penalty λ₁ Σ |w| in the loss, whose slope is λ₁ sign(w): small weights become zero.
  public var l1: Double
  /// λ₂ of the penalty ½ λ₂ Σ w² in the loss, whose slope is λ₂ w.
  public var l2: Double
  /// λ of decoupled decay, w := (1 − αλ) w at every step, which adaptive optimizers do not rescale
  /// (Loshchilov and Hutter, 2019): Adam with it is AdamW.
  public var decoupled: Double

  public init(l1: Double = 0, l2: Double = 0, decoupled: Double = 0) {
    self.l1 = l1
    self.l2 = l2
    self.decoupled = decoupled
  }

  /// Nothing decays.
  public static let none = WeightDecay()
}

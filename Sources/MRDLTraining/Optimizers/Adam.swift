/// Adam: m := β₁ m + (1 − β₁) g, n := β₂ n + (1 − β₂) g², w := w − α m̂ / (√n̂ + ε) with
/// m̂ = m / (1 − β₁ᵗ) and n̂ = n / (1 − β₂ᵗ) at step t (Kingma and Ba, 2015). With decoupled weight decay
/// it is AdamW.
public struct Adam: Sendable, Hashable {
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double

  public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }
}

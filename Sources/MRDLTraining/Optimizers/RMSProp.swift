/// RMSProp: n := ρ n + (1 − ρ) g², v := μ v + α g / (√n + ε), w := w − v (Tieleman and Hinton, 2012).
public struct RMSProp: Sendable, Hashable {
  /// ρ, the share of the mean square that the next step keeps.
  public var rho: Double
  public var epsilon: Double
  /// μ, the share of the last step that the next one keeps.
  public var momentum: Double

  public init(rho: Double = 0.9, epsilon: Double = 1e-8, momentum: Double = 0) {
    self.rho = rho
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

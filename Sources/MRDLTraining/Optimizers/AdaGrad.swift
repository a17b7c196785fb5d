/// AdaGrad: n := n + g², w := w − α g / (√n + ε) (Duchi, Hazan and Singer, 2011).
public struct AdaGrad: Sendable, Hashable {
  public var epsilon: Double

  public init(epsilon: Double = 1e-10) { self.epsilon = epsilon }
}

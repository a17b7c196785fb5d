/// How parameters follow their gradients.
public enum Optimizer: Sendable, Hashable {
  case gradientDescent(GradientDescent)
  case adam(Adam)

  /// How many numbers are kept for each number of a parameter.
  var slotCount: Int {
    switch self {
    case .gradientDescent: 1
    case .adam: 2
    }
  }

  /// Moves one parameter by one step.
  ///
  /// - Parameters:
  ///   - step: counted from 1.
  ///   - decays: whether the parameter is drawn to zero: biases and other vectors are not.
  func update<Element: RealElement>(
    _ parameter: UnsafeMutablePointer<Element>, gradient: UnsafePointer<Element>,
    slots: [UnsafeMutablePointer<Element>], count: Int, rate: Double, step: Int, decays: Bool
  ) {
    switch self {
    case .gradientDescent(let rule):
      Element.momentumStep(
        count, rate: Element(rate), momentum: Element(rule.momentum),
        decay: decays ? Element(rule.weightDecay) : 0, usesNesterov: rule.usesNesterov, gradient,
        slots[0], parameter)
    case .adam(let rule):
      Element.adamStep(
        count, rate: Element(rate), beta1: Element(rule.beta1), beta2: Element(rule.beta2),
        epsilon: Element(rule.epsilon), decay: decays ? Element(rule.weightDecay) : 0,
        correction1: Element(1 - Self.power(rule.beta1, step)),
        correction2: Element(1 - Self.power(rule.beta2, step)), gradient, slots[0], slots[1],
        parameter)
    }
  }

  /// By repeated squaring, so that it is the same on every machine.
  static func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}

/// Gradient descent (4), (3-13) with momentum: v := μv − α(g + λw), w := w + v, or with Nesterov's
/// look-ahead w := w + μv − α(g + λw).
public struct GradientDescent: Sendable, Hashable {
  /// μ, the share of the last step that the next one keeps.
  public var momentum: Double
  public var usesNesterov: Bool
  /// λ, how strongly weights are drawn to zero; biases are not.
  public var weightDecay: Double

  public init(momentum: Double = 0, usesNesterov: Bool = false, weightDecay: Double = 0) {
    self.momentum = momentum
    self.usesNesterov = usesNesterov
    self.weightDecay = weightDecay
  }
}

/// Adam with decoupled weight decay (Kingma and Ba, 2015; Loshchilov and Hutter, 2019).
public struct Adam: Sendable, Hashable {
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  /// How strongly weights are drawn to zero; biases are not.
  public var weightDecay: Double

  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

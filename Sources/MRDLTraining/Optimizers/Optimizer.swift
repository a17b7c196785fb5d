/// How parameters follow their gradients.
public enum Optimizer: Sendable, Hashable {
  case gradientDescent(GradientDescent)
  case adaGrad(AdaGrad)
  case rmsProp(RMSProp)
  case adam(Adam)

  /// How many numbers are kept for each number of a parameter.
  var slotCount: Int {
    switch self {
    case .gradientDescent(let rule): rule.momentum == 0 ? 0 : 1
    case .adaGrad: 1
    case .rmsProp(let rule): rule.momentum == 0 ? 1 : 2
    case .adam: 2
    }
  }

  /// Moves one parameter by one step.
  ///
  /// - Parameters:
  ///   - slots: what is kept from step to step, zeros before the first one.
  ///   - step: counted from 1.
  func update<Element: RealElement>(
    _ parameter: UnsafeMutablePointer<Element>, gradient: UnsafePointer<Element>,
    slots: OptimizerSlots<Element>, count: Int, terms: GradientTerms, rate: Double, step: Int
  ) {
    switch (self, slots.first, slots.second) {
    case (.gradientDescent(let rule), let velocity?, _):
      Element.momentumStep(count, terms, rate: rate, rule, gradient, velocity, parameter)
    case (.gradientDescent, nil, _):
      Element.descentStep(count, terms, rate: rate, gradient, parameter)
    case (.adaGrad(let rule), let squares?, _):
      Element.adaGradStep(count, terms, rate: rate, rule, gradient, squares, parameter)
    case (.rmsProp(let rule), let squares?, let velocity):
      Element.rmsPropStep(
        count, terms, rate: rate, rule, gradient, squares, velocity, parameter)
    case (.adam(let rule), let means?, let squares?):
      Element.adamStep(
        count, terms, rate: rate, rule, step: step, gradient, means, squares, parameter)
    default: preconditionFailure("an optimizer without its slots")
    }
  }
}

/// The memory that an optimizer keeps for one parameter, as far as it needs it.
struct OptimizerSlots<Element> {
  var first: UnsafeMutablePointer<Element>?
  var second: UnsafeMutablePointer<Element>?

  /// The slots of what begins so many elements later.
  func advanced(by count: Int) -> OptimizerSlots {
    OptimizerSlots(first: first.map { $0 + count }, second: second.map { $0 + count })
  }
}

extension Double {
  /// By repeated squaring, so that it is the same on every machine.
  func power(_ exponent: Int) -> Double {
    var result = 1.0
    var square = self
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}

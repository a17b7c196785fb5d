internal import CMRDLKernels

/// A function of one number that follows a product or a convolution.
package enum Activation: Sendable, Hashable {
  case none
  case relu
  case sigmoid
  case tanh
  /// `alpha` · x below zero.
  case leakyRelu(alpha: Double)
  /// min(max(x, low), high).
  case clip(low: Double, high: Double)
  /// min(max(`alpha` · x + `beta`, 0), 1).
  case hardSigmoid(alpha: Double, beta: Double)
  /// x · min(max(x / 6 + 1/2, 0), 1).
  case hardSwish
  /// x · sigmoid(`alpha` · x).
  case swish(alpha: Double)

  /// The activation that computes a function, or nil where kernels have none.
  package init?(_ function: ElementaryFunction) {
    switch function {
    case .relu: self = .relu
    case .sigmoid: self = .sigmoid
    case .tanh: self = .tanh
    case .leakyRelu(let alpha): self = .leakyRelu(alpha: alpha)
    case .clip(let low, let high): self = .clip(low: low, high: high)
    case .hardSigmoid(let alpha, let beta): self = .hardSigmoid(alpha: alpha, beta: beta)
    case .hardSwish: self = .hardSwish
    case .swish(let alpha): self = .swish(alpha: alpha)
    default: return nil
    }
  }

  /// The same function for whole arrays; nil where there is nothing to compute.
  package var function: ElementaryFunction? {
    switch self {
    case .none: nil
    case .relu: .relu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .leakyRelu(let alpha): .leakyRelu(alpha: alpha)
    case .clip(let low, let high): .clip(low: low, high: high)
    case .hardSigmoid(let alpha, let beta): .hardSigmoid(alpha: alpha, beta: beta)
    case .hardSwish: .hardSwish
    case .swish(let alpha): .swish(alpha: alpha)
    }
  }

  /// The bounds of an activation that only clamps.
  package var bounds: (low: Double, high: Double)? {
    switch self {
    case .relu: (0, .infinity)
    case .clip(let low, let high): (low, high)
    default: nil
    }
  }

  /// Whether it is one that products and convolutions cannot apply while they store.
  package var needsSecondPass: Bool { self != .none && bounds == nil }

  /// How the kernels name it, with its parameters.
  var code: (kind: mrdl_activation, alpha: Double, beta: Double) {
    switch self {
    case .none: (MRDL_ACTIVATION_NONE, 0, 0)
    case .relu: (MRDL_ACTIVATION_RELU, 0, 0)
    case .sigmoid: (MRDL_ACTIVATION_SIGMOID, 0, 0)
    case .tanh: (MRDL_ACTIVATION_TANH, 0, 0)
    case .leakyRelu(let alpha): (MRDL_ACTIVATION_LEAKY_RELU, alpha, 0)
    case .clip(let low, let high): (MRDL_ACTIVATION_CLIP, low, high)
    case .hardSigmoid(let alpha, let beta): (MRDL_ACTIVATION_HARD_SIGMOID, alpha, beta)
    case .hardSwish: (MRDL_ACTIVATION_HARD_SWISH, 0, 0)
    case .swish(let alpha): (MRDL_ACTIVATION_SWISH, alpha, 0)
    }
  }
}

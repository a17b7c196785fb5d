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

  /// The bounds of an activation that only clamps.
  var bounds: (low: Double, high: Double)? {
    switch self {
    case .relu: (0, .infinity)
    case .clip(let low, let high): (low, high)
    default: nil
    }
  }

  /// How the kernels name it, with its parameters.
  var code: (kind: mrdl_activation, alpha: Double, beta: Double) {
    switch self {
    case .none: (MRDL_ACTIVATION_NONE, 0, 0)
    case .relu: (MRDL_ACTIVATION_RELU, 0, 0)
    case .sigmoid: (MRDL_ACTIVATION_SIGMOID, 0, 0)
    case .tanh: (MRDL_ACTIVATION_TANH, 0, 0)
    case .leakyRelu(let alpha): (MRDL_ACTIVATION_LEAKY_RELU, alpha, 0)
    case .clip(let low, let high): (MRDL_ACTIVATION_CLIP, low, high)
    }
  }
}

internal import CMRDLKernels

/// A function that a recurrent cell applies to a gate or a state.
package struct RecurrentActivation: Sendable, Hashable {
  /// The functions by their ONNX names.
  package enum Kind: String, Sendable, CaseIterable {
    case relu = "Relu"
    case tanh = "Tanh"
    case sigmoid = "Sigmoid"
    /// alpha · x + beta.
    case affine = "Affine"
    case leakyRelu = "LeakyRelu"
    /// x above alpha, 0 elsewhere.
    case thresholdedRelu = "ThresholdedRelu"
    /// alpha · tanh(beta · x).
    case scaledTanh = "ScaledTanh"
    case hardSigmoid = "HardSigmoid"
    /// x, below zero alpha · (exp(x) − 1).
    case elu = "Elu"
    case softsign = "Softsign"
    case softplus = "Softplus"

    /// alpha where it has one, and what it is unless given.
    package var defaultAlpha: Double? {
      switch self {
      case .affine, .elu, .thresholdedRelu, .scaledTanh: 1
      case .leakyRelu: 0.01
      case .hardSigmoid: 0.2
      default: nil
      }
    }

    /// beta where it has one, and what it is unless given.
    package var defaultBeta: Double? {
      switch self {
      case .affine: 0
      case .scaledTanh: 1
      case .hardSigmoid: 0.5
      default: nil
      }
    }
  }

  package let kind: Kind
  package let alpha: Double
  package let beta: Double

  package init(_ kind: Kind, alpha: Double? = nil, beta: Double? = nil) {
    self.kind = kind
    self.alpha = alpha ?? kind.defaultAlpha ?? 0
    self.beta = beta ?? kind.defaultBeta ?? 0
  }

  /// How the kernels name it.
  var code: mrdl_gate_function {
    switch kind {
    case .sigmoid: MRDL_GATE_SIGMOID
    case .tanh: MRDL_GATE_TANH
    case .relu: MRDL_GATE_RELU
    case .affine: MRDL_GATE_AFFINE
    case .leakyRelu: MRDL_GATE_LEAKY_RELU
    case .thresholdedRelu: MRDL_GATE_THRESHOLDED_RELU
    case .scaledTanh: MRDL_GATE_SCALED_TANH
    case .hardSigmoid: MRDL_GATE_HARD_SIGMOID
    case .elu: MRDL_GATE_ELU
    case .softsign: MRDL_GATE_SOFTSIGN
    case .softplus: MRDL_GATE_SOFTPLUS
    }
  }
}

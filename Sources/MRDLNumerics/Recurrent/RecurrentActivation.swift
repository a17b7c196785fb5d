internal import MRDLCore

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

  /// Applies the function in place.
  func apply<Scalar: TensorElement & BinaryFloatingPoint>(
    _ x: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    func run(_ function: ElementaryFunction) {
      function.run(Scalar.scalarType, count: count, input: x, output: x, threadLimit: 1)
    }
    switch kind {
    case .relu: run(.relu)
    case .tanh: run(.tanh)
    case .sigmoid: run(.sigmoid)
    case .leakyRelu: run(.leakyRelu(alpha: alpha))
    case .hardSigmoid: run(.hardSigmoid(alpha: alpha, beta: beta))
    case .affine:
      for index in 0..<count { x[index] = Scalar(alpha) * x[index] + Scalar(beta) }
    case .thresholdedRelu:
      for index in 0..<count { x[index] = x[index] > Scalar(alpha) ? x[index] : 0 }
    case .scaledTanh:
      for index in 0..<count { x[index] *= Scalar(beta) }
      run(.tanh)
      for index in 0..<count { x[index] *= Scalar(alpha) }
    case .elu:
      for index in 0..<count where x[index] < 0 {
        x[index] = Scalar(alpha * (exponential(Double(x[index])) - 1))
      }
    case .softsign:
      for index in 0..<count { x[index] /= 1 + x[index].magnitude }
    case .softplus:
      for index in 0..<count {
        let value = Double(x[index])
        x[index] = Scalar(max(value, 0) + logarithm(onePlus: exponential(-value.magnitude)))
      }
    }
  }
}

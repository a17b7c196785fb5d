internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// The rule of an operator that is one function of each element, with the derivative of
/// `ElementaryFunction`.
protocol FunctionRule: GradientRule {}

extension FunctionRule {
  public static var backwardOperators: [any Operator.Type] { [FunctionGradient.self] }

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    var attributes = step.attributes
    attributes["function"] = .string(operatorName)
    step.setResidual(
      of: 0, to: step.add(FunctionGradient.self, [residual, step.inputNames[0]], attributes))
  }
}

/// The residual of the input of a function from that of its output and the input. The attribute `function`
/// names the operator; the others are those of the operator.
struct FunctionGradient: ElementwiseGradient {
  static let name = "FunctionGradient"

  private static let operators: [any ElementwiseFunction.Type] = [
    Acos.self, Acosh.self, Asin.self, Asinh.self, Atan.self, Atanh.self, Ceil.self, Celu.self,
    Cos.self, Cosh.self, Elu.self, Erf.self, Floor.self, Gelu.self, HardSigmoid.self,
    HardSwish.self, Mish.self, Reciprocal.self, Round.self, Selu.self, Sin.self, Sinh.self,
    Softplus.self, Softsign.self, Sqrt.self, Swish.self, Tan.self, ThresholdedRelu.self,
  ]

  private let function: ElementaryFunction

  init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let name = try attributes.string("function") else {
      throw attributes.missing("function")
    }
    guard let type = Self.operators.first(where: { $0.name == name }) else {
      throw attributes.wrongValue(
        "function", "\"\(name)\"", Self.operators.map { $0.name }.joined(separator: ", "))
    }
    function = try type.init(attributes: &attributes).function
  }

  func residuals<Element: RealElement>(
    _ count: Int, at values: UnsafePointer<Element>, _ residuals: UnsafePointer<Element>,
    _ result: UnsafeMutablePointer<Element>
  ) {
    function.withDerivative { derivative in
      for index in 0..<count {
        result[index] = residuals[index] * Element(derivative(Double(values[index])))
      }
    }
  }
}

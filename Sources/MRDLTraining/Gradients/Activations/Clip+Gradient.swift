public import MRDLCore
public import MRDLOperators

/// y = min(max(x, low), high): the residual passes where x lies between the bounds, both included.
///
/// The bounds are no parameters: they have no residual.
public enum ClipRule: GradientRule {
  public static let operatorName = "Clip"
  public static let backwardOperators: [any Operator.Type] = [ClipGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    if step.needs(1) || step.needs(2) { throw step.refusal("a bound has no derivative") }
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.add(ClipGradient.self, [residual] + step.inputNames))
  }
}

/// The residual of Clip's input: inputs are the output's residual, the input and the bounds, either of
/// which may be left out.
public struct ClipGradient: BackwardOperator {
  public static let name = "ClipGradient"
  public static let inputCount = 2...4

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<4, among: .realNumbers)
    return [try operands.required(1).withoutContent]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: ClipGradientKernel<Float>(), float64: ClipGradientKernel<Double>())
  }
}

private struct ClipGradientKernel<Element: RealElement>: Kernel {
  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let result = arguments.output(0, as: Element.self)
    guard let residuals = arguments.input(0, as: Element.self).baseAddress,
      let values = arguments.input(1, as: Element.self).baseAddress,
      let target = result.baseAddress
    else { return }
    let low = arguments.hasInput(2) ? arguments.input(2, as: Element.self)[0] : -.infinity
    let high = arguments.hasInput(3) ? arguments.input(3, as: Element.self)[0] : .infinity
    Element.clipBackward(result.count, low: low, high: high, values, residuals, target)
  }
}

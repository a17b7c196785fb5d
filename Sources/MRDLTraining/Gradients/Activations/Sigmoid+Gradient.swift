public import MRDLCore
public import MRDLOperators

/// y = 1 / (1 + e⁻ˣ), of which the derivative is y (1 − y) (2-8).
public enum SigmoidRule: GradientRule {
  public static let operatorName = "Sigmoid"
  public static let backwardOperators: [any Operator.Type] = [SigmoidGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.add(SigmoidGradient.self, [residual, step.outputNames[0]]))
  }
}

/// The residual of Sigmoid's input from that of its output and the output (2-8).
public struct SigmoidGradient: ElementwiseGradient {
  public static let name = "SigmoidGradient"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  func residuals<Element: RealElement>(
    _ count: Int, at values: UnsafePointer<Element>, _ residuals: UnsafePointer<Element>,
    _ result: UnsafeMutablePointer<Element>
  ) {
    Element.sigmoidBackward(count, values, residuals, result)
  }
}

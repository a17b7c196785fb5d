public import MRDLCore
public import MRDLOperators

/// y = max(x, 0): the residual passes where y is positive, and stops at zero.
public enum ReluRule: GradientRule {
  public static let operatorName = "Relu"
  public static let backwardOperators: [any Operator.Type] = [ReluGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.add(ReluGradient.self, [residual, step.outputNames[0]]))
  }
}

/// The residual of Relu's input from that of its output and the output.
public struct ReluGradient: ElementwiseGradient {
  public static let name = "ReluGradient"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  func residuals<Element: RealElement>(
    _ count: Int, at values: UnsafePointer<Element>, _ residuals: UnsafePointer<Element>,
    _ result: UnsafeMutablePointer<Element>
  ) {
    Element.reluBackward(count, values, residuals, result)
  }
}

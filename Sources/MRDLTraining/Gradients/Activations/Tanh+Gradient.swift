public import MRDLCore
public import MRDLOperators

/// y = tanh x, of which the derivative is 1 − y², as in (4-5).
public enum TanhRule: GradientRule {
  public static let operatorName = "Tanh"
  public static let backwardOperators: [any Operator.Type] = [TanhGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.add(TanhGradient.self, [residual, step.outputNames[0]]))
  }
}

/// The residual of Tanh's input from that of its output and the output.
public struct TanhGradient: ElementwiseGradient {
  public static let name = "TanhGradient"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  func residuals<Element: RealElement>(
    _ count: Int, at values: UnsafePointer<Element>, _ residuals: UnsafePointer<Element>,
    _ result: UnsafeMutablePointer<Element>
  ) {
    Element.tanhBackward(count, values, residuals, result)
  }
}

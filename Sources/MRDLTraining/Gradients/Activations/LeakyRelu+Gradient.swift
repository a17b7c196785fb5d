public import MRDLCore
public import MRDLOperators

/// y = x for x ≥ 0, αx below: the residual passes above zero and is multiplied by α elsewhere.
public enum LeakyReluRule: GradientRule {
  public static let operatorName = "LeakyRelu"
  public static let backwardOperators: [any Operator.Type] = [LeakyReluGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0,
      to: step.add(
        LeakyReluGradient.self, [residual, step.inputNames[0]], step.attributes))
  }
}

/// The residual of LeakyRelu's input from that of its output and the input.
public struct LeakyReluGradient: ElementwiseGradient {
  public static let name = "LeakyReluGradient"

  let alpha: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 0.01)
  }

  func residuals<Element: RealElement>(
    _ count: Int, at values: UnsafePointer<Element>, _ residuals: UnsafePointer<Element>,
    _ result: UnsafeMutablePointer<Element>
  ) {
    Element.leakyReluBackward(count, alpha: Element(alpha), values, residuals, result)
  }
}

public import MRDLCore
public import MRDLOperators

/// The largest element of a window gets its residual, the first of several.
public enum MaxPoolRule: GradientRule {
  public static let operatorName = "MaxPool"
  public static let backwardOperators: [any Operator.Type] = [MaxPoolGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0, to: step.add(MaxPoolGradient.self, [residual, step.inputNames[0]], step.attributes))
  }
}

/// The residual of MaxPool's input.
public struct MaxPoolGradient: PoolingGradient {
  public static let name = "MaxPoolGradient"

  let pooling: MaxPool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    pooling = try MaxPool(attributes: &attributes)
  }
}

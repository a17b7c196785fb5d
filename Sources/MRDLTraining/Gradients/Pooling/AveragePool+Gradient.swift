public import MRDLCore
public import MRDLOperators

/// The residual of a mean is shared out equally among the elements of its window (from layer 5 to layer 4
/// of the source's network).
public enum AveragePoolRule: GradientRule {
  public static let operatorName = "AveragePool"
  public static let backwardOperators: [any Operator.Type] = [AveragePoolGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(
      of: 0,
      to: step.add(AveragePoolGradient.self, [residual, step.inputNames[0]], step.attributes))
  }
}

/// The residual of AveragePool's input.
public struct AveragePoolGradient: PoolingGradient {
  public static let name = "AveragePoolGradient"

  let pooling: AveragePool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    pooling = try AveragePool(attributes: &attributes)
  }
}

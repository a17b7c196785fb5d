public import MRDLCore
public import MRDLOperators

/// The residual takes the shape that the input had (from layer 6 to layer 5 of the source's network).
public enum ReshapeRule: GradientRule {
  public static let operatorName = "Reshape"
  public static let backwardOperators: [any Operator.Type] = [ReshapeLike.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passReshaped()
  }
}

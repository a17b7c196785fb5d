public import MRDLCore
public import MRDLOperators

/// The residual takes the shape that the input had.
public enum FlattenRule: GradientRule {
  public static let operatorName = "Flatten"
  public static let backwardOperators: [any Operator.Type] = [ReshapeLike.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passReshaped()
  }
}

public import MRDLCore
public import MRDLOperators

/// The residual gets the axes back that were taken away.
public enum SqueezeRule: GradientRule {
  public static let operatorName = "Squeeze"
  public static let backwardOperators: [any Operator.Type] = [ReshapeLike.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passReshaped()
  }
}

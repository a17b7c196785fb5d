public import MRDLCore
public import MRDLOperators

/// The residual loses the axes that were added.
public enum UnsqueezeRule: GradientRule {
  public static let operatorName = "Unsqueeze"
  public static let backwardOperators: [any Operator.Type] = [ReshapeLike.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passReshaped()
  }
}

public import MRDLCore

/// The residual passes.
public enum IdentityRule: GradientRule {
  public static let operatorName = "Identity"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passReshaped()
  }
}

public import MRDLCore

/// y = the sign of x, which is flat where it has a slope.
public enum SignRule: GradientRule {
  public static let operatorName = "Sign"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.add("Sub", [residual, residual]))
  }
}

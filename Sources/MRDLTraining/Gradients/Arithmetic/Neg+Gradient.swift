public import MRDLCore

/// y = −x: δx = −δy.
public enum NegRule: GradientRule {
  public static let operatorName = "Neg"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.negated(residual))
  }
}

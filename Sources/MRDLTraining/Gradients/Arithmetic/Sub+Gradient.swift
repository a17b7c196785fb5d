public import MRDLCore

/// z = x − y: x gets the residual, y its negative.
public enum SubRule: GradientRule {
  public static let operatorName = "Sub"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    if step.needs(0) { try step.setResidual(of: 0, toSumOf: residual) }
    if step.needs(1) { try step.setResidual(of: 1, toSumOf: step.negated(residual)) }
  }
}

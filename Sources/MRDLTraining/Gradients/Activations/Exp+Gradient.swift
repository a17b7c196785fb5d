public import MRDLCore

/// y = eˣ, which is its own derivative.
public enum ExpRule: GradientRule {
  public static let operatorName = "Exp"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.add("Mul", [residual, step.outputNames[0]]))
  }
}

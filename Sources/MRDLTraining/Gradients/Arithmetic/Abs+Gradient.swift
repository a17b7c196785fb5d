public import MRDLCore

/// y = |x|: the residual with the sign of x.
public enum AbsRule: GradientRule {
  public static let operatorName = "Abs"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let sign = step.add("Sign", [step.inputNames[0]])
    step.setResidual(of: 0, to: step.add("Mul", [residual, sign]))
  }
}

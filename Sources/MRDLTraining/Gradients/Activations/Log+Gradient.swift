public import MRDLCore

/// y = ln x, of which the derivative is 1 / x.
public enum LogRule: GradientRule {
  public static let operatorName = "Log"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    step.setResidual(of: 0, to: step.add("Div", [residual, step.inputNames[0]]))
  }
}

public import MRDLCore

/// y = x in another type: the residual in the type of x.
public enum CastRule: GradientRule {
  public static let operatorName = "Cast"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    if step.needs(0) {
      step.setResidual(of: 0, to: step.add("CastLike", [residual, step.inputNames[0]]))
    }
    if step.needs(1) { throw step.refusal("a type has no derivative") }
  }
}

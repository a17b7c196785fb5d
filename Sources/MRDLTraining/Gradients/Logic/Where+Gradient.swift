public import MRDLCore

/// z = x where a condition holds, y elsewhere: each gets the residual where it was taken.
public enum WhereRule: GradientRule {
  public static let operatorName = "Where"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let condition = step.inputNames[0]
    let zeros = step.add("Sub", [residual, residual])
    if step.needs(1) {
      try step.setResidual(of: 1, toSumOf: step.add("Where", [condition, residual, zeros]))
    }
    if step.needs(2) {
      try step.setResidual(of: 2, toSumOf: step.add("Where", [condition, zeros, residual]))
    }
  }
}

public import MRDLCore

/// z = x y: δx = δz y and δy = δz x.
public enum MulRule: GradientRule {
  public static let operatorName = "Mul"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    for input in 0..<2 where step.needs(input) {
      try step.setResidual(
        of: input, toSumOf: step.add("Mul", [residual, step.inputNames[1 - input]]))
    }
  }
}

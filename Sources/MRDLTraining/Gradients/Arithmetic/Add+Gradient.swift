public import MRDLCore

/// z = x + y: both get the residual, summed over the axes along which they were repeated.
public enum AddRule: GradientRule {
  public static let operatorName = "Add"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    for input in 0..<2 where step.needs(input) {
      try step.setResidual(of: input, toSumOf: residual)
    }
  }
}

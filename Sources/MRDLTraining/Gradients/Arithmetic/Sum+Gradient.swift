public import MRDLCore

/// y = Σ xᵢ: every term gets the residual.
public enum SumRule: GradientRule {
  public static let operatorName = "Sum"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    for index in step.inputNames.indices where step.needs(index) {
      try step.setResidual(of: index, toSumOf: residual)
    }
  }
}

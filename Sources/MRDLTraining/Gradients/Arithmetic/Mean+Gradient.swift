public import MRDLCore
internal import MRDLModel

/// y = Σ xᵢ / n: every term gets the n-th part of the residual.
public enum MeanRule: GradientRule {
  public static let operatorName = "Mean"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let share = step.add(
      ScaleByConstant.self, [residual], ["factor": .float(1 / Double(step.inputNames.count))])
    for index in step.inputNames.indices where step.needs(index) {
      try step.setResidual(of: index, toSumOf: share)
    }
  }
}

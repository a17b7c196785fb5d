public import MRDLCore
internal import MRDLModel

/// y = the sums of all elements up to each: the residuals are summed from the other end.
public enum CumSumRule: GradientRule {
  public static let operatorName = "CumSum"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    var attributes = step.attributes
    let isReverse = attributes["reverse"].map { $0 != .integer(0) } ?? false
    attributes["reverse"] = .integer(isReverse ? 0 : 1)
    step.setResidual(of: 0, to: step.add("CumSum", [residual, step.inputNames[1]], attributes))
  }
}

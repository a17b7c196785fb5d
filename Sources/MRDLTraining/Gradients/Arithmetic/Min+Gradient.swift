public import MRDLCore

/// y = the smallest of xᵢ, which gets the residual; those that are equal share it.
public enum MinRule: GradientRule {
  public static let operatorName = "Min"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passToExtremes()
  }
}

public import MRDLCore

/// y = the largest of xᵢ, which gets the residual; those that are equal share it.
public enum MaxRule: GradientRule {
  public static let operatorName = "Max"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.passToExtremes()
  }
}

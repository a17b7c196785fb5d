public import MRDLCore

/// y = mean of x over some axes: the residual of the mean is shared out equally.
public enum ReduceMeanRule: GradientRule {
  public static let operatorName = "ReduceMean"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    try step.repeatResidual(isMean: true)
  }
}

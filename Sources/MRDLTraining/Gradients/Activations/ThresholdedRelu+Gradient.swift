/// y = x above α, 0 elsewhere.
public enum ThresholdedReluRule: FunctionRule {
  public static let operatorName = "ThresholdedRelu"
}

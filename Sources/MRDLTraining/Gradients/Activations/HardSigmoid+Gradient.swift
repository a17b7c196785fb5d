/// y = max(0, min(1, α x + β)), of which the slope is α between the bounds.
public enum HardSigmoidRule: FunctionRule {
  public static let operatorName = "HardSigmoid"
}

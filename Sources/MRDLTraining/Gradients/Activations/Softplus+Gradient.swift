/// y = log(1 + eˣ), of which the derivative is the logistic function.
public enum SoftplusRule: FunctionRule {
  public static let operatorName = "Softplus"
}

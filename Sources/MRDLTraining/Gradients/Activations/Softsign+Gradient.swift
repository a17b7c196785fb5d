/// y = x / (1 + |x|), of which the derivative is 1 / (1 + |x|)².
public enum SoftsignRule: FunctionRule {
  public static let operatorName = "Softsign"
}

/// y = arctan x, of which the derivative is 1 / (1 + x²).
public enum AtanRule: FunctionRule {
  public static let operatorName = "Atan"
}

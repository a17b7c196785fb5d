/// y = arcsin x, of which the derivative is 1 / √(1 − x²).
public enum AsinRule: FunctionRule {
  public static let operatorName = "Asin"
}

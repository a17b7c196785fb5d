/// y = artanh x, of which the derivative is 1 / (1 − x²).
public enum AtanhRule: FunctionRule {
  public static let operatorName = "Atanh"
}

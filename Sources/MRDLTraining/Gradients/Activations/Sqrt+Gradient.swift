/// y = √x, of which the derivative is 1 / (2 √x).
public enum SqrtRule: FunctionRule {
  public static let operatorName = "Sqrt"
}

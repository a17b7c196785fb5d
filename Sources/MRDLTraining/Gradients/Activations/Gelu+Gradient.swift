/// y = x Φ(x), of which the derivative is Φ + x φ.
public enum GeluRule: FunctionRule {
  public static let operatorName = "Gelu"
}

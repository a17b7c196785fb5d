/// y = x σ(α x).
public enum SwishRule: FunctionRule {
  public static let operatorName = "Swish"
}

/// y = arsinh x, of which the derivative is 1 / √(x² + 1).
public enum AsinhRule: FunctionRule {
  public static let operatorName = "Asinh"
}

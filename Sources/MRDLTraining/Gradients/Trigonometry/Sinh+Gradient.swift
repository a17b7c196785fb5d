/// y = sinh x, of which the derivative is cosh x.
public enum SinhRule: FunctionRule {
  public static let operatorName = "Sinh"
}

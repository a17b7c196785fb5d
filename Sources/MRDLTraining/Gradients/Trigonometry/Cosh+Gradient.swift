/// y = cosh x, of which the derivative is sinh x.
public enum CoshRule: FunctionRule {
  public static let operatorName = "Cosh"
}

/// y = tan x, of which the derivative is 1 + tan² x.
public enum TanRule: FunctionRule {
  public static let operatorName = "Tan"
}

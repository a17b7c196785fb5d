/// y = x max(0, min(1, x / 6 + ½)).
public enum HardSwishRule: FunctionRule {
  public static let operatorName = "HardSwish"
}

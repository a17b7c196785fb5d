/// y = x rounded, which is flat where it has a slope.
public enum RoundRule: FunctionRule {
  public static let operatorName = "Round"
}

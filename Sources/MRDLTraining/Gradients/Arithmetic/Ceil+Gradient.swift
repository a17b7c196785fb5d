/// y = ⌈x⌉, which is flat where it has a slope.
public enum CeilRule: FunctionRule {
  public static let operatorName = "Ceil"
}

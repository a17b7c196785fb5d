/// y = ⌊x⌋, which is flat where it has a slope.
public enum FloorRule: FunctionRule {
  public static let operatorName = "Floor"
}

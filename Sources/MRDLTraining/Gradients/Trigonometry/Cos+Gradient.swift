/// y = cos x, of which the derivative is −sin x.
public enum CosRule: FunctionRule {
  public static let operatorName = "Cos"
}

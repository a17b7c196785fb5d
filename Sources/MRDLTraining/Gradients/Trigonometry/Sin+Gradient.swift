/// y = sin x, of which the derivative is cos x.
public enum SinRule: FunctionRule {
  public static let operatorName = "Sin"
}

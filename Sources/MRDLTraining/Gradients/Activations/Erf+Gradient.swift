/// y = erf x, of which the derivative is 2 e^{−x²} / √π.
public enum ErfRule: FunctionRule {
  public static let operatorName = "Erf"
}

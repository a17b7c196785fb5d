/// y = arccos x, of which the derivative is −1 / √(1 − x²).
public enum AcosRule: FunctionRule {
  public static let operatorName = "Acos"
}

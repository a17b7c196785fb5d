/// y = 1 / x, of which the derivative is −1 / x².
public enum ReciprocalRule: FunctionRule {
  public static let operatorName = "Reciprocal"
}

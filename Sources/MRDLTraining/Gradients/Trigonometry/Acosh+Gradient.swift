/// y = arcosh x, of which the derivative is 1 / √(x² − 1).
public enum AcoshRule: FunctionRule {
  public static let operatorName = "Acosh"
}

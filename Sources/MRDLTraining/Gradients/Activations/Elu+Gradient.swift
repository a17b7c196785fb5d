/// y = x, below zero α (eˣ − 1).
public enum EluRule: FunctionRule {
  public static let operatorName = "Elu"
}

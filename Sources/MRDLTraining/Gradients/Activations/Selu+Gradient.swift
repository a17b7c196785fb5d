/// y = γ x, below zero γ α (eˣ − 1).
public enum SeluRule: FunctionRule {
  public static let operatorName = "Selu"
}

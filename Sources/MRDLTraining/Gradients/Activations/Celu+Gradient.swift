/// y = max(0, x) + min(0, α (e^{x / α} − 1)).
public enum CeluRule: FunctionRule {
  public static let operatorName = "Celu"
}

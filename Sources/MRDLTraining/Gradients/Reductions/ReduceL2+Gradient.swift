/// y = √Σ x²: δx = δy x / y.
public enum ReduceL2Rule: ReductionRule {
  public static let operatorName = "ReduceL2"
}

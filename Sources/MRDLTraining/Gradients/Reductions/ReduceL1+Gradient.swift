/// y = Σ |x|: the residual with the sign of each element.
public enum ReduceL1Rule: ReductionRule {
  public static let operatorName = "ReduceL1"
}

/// y = min x: the smallest elements share the residual.
public enum ReduceMinRule: ReductionRule {
  public static let operatorName = "ReduceMin"
}

/// y = max x: the largest elements share the residual.
public enum ReduceMaxRule: ReductionRule {
  public static let operatorName = "ReduceMax"
}

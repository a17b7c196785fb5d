/// y = log Σ x: δx = δy / Σ x.
public enum ReduceLogSumRule: ReductionRule {
  public static let operatorName = "ReduceLogSum"
}

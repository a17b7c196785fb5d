/// y = log Σ eˣ: δx = δy e^{x − y}.
public enum ReduceLogSumExpRule: ReductionRule {
  public static let operatorName = "ReduceLogSumExp"
}

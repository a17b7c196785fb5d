/// y = Σ x²: δx = 2 δy x.
public enum ReduceSumSquareRule: ReductionRule {
  public static let operatorName = "ReduceSumSquare"
}

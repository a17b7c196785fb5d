/// y = Π x: the residual times the product of all other elements.
public enum ReduceProdRule: ReductionRule {
  public static let operatorName = "ReduceProd"
}

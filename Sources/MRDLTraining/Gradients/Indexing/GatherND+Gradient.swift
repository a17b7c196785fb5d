internal import MRDLOperators

/// y = x at some places: each element gets the residuals of where it went.
public enum GatherNDRule: MovementRule {
  static let movement: any Operator.Type = GatherND.self
}

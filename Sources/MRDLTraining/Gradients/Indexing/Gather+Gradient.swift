internal import MRDLOperators

/// y = x at some positions of an axis: each element gets the residuals of where it went.
public enum GatherRule: MovementRule {
  static let movement: any Operator.Type = Gather.self
}

internal import MRDLOperators

/// y = x at positions of an axis, one for each element: each element gets the residuals of where it went.
public enum GatherElementsRule: MovementRule {
  static let movement: any Operator.Type = GatherElements.self
}

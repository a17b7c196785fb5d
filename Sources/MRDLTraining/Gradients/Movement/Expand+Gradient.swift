internal import MRDLOperators

/// y = x repeated along axes of one element: each element gets the residuals of where it went.
public enum ExpandRule: MovementRule {
  static let movement: any Operator.Type = Expand.self
}

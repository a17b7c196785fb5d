internal import MRDLOperators

/// y = a triangle of x: each element gets the residuals of where it went.
public enum TriluRule: MovementRule {
  static let movement: any Operator.Type = Trilu.self
}

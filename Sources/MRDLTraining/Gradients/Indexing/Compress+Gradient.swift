internal import MRDLOperators

/// y = the slices of x for which a condition holds: each element gets the residual of where it went.
public enum CompressRule: MovementRule {
  static let movement: any Operator.Type = Compress.self
}

internal import MRDLOperators

/// y = a part of x: each element gets the residuals of where it went.
public enum SliceRule: MovementRule {
  static let movement: any Operator.Type = Slice.self
}

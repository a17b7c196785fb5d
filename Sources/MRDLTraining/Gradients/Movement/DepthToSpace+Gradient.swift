internal import MRDLOperators

/// y = x with channels moved into space: each element gets the residuals of where it went.
public enum DepthToSpaceRule: MovementRule {
  static let movement: any Operator.Type = DepthToSpace.self
}

internal import MRDLOperators

/// y = x with space moved into channels: each element gets the residuals of where it went.
public enum SpaceToDepthRule: MovementRule {
  static let movement: any Operator.Type = SpaceToDepth.self
}

internal import MRDLOperators

/// y = the middle of x, or x in the middle: each element gets the residuals of where it went.
public enum CenterCropPadRule: MovementRule {
  static let movement: any Operator.Type = CenterCropPad.self
}

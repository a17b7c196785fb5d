internal import MRDLOperators

/// each y is a part of x: each element gets the residuals of where it went.
public enum SplitRule: MovementRule {
  static let movement: any Operator.Type = Split.self
}

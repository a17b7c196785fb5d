internal import MRDLOperators

/// y = x with more around it: each element gets the residuals of where it went.
public enum PadRule: MovementRule {
  static let movement: any Operator.Type = Pad.self

  // The value around the elements.
  static let elementInputs: Set<Int> = [2]
}

internal import MRDLOperators

/// y = x with some sequences turned round: each element gets the residuals of where it went.
public enum ReverseSequenceRule: MovementRule {
  static let movement: any Operator.Type = ReverseSequence.self
}

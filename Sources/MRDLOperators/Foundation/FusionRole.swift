/// The part that an operator can take where nodes are fused.
public enum FusionRole: Sendable, Hashable {
  case none
  /// Its kernels can end with more than the operator says: `FusibleOperator`.
  case base
  /// It is one function of each element: `ElementwiseFunction`.
  case function
}

extension Operator {
  /// The operator as one whose kernels can end with more, when they can.
  package var asFusible: (any FusibleOperator)? {
    Self.fusionRole == .base ? self as? any FusibleOperator : nil
  }

  /// The operator as a function of each element, when it is one.
  package var asFunction: (any ElementwiseFunction)? {
    Self.fusionRole == .function ? self as? any ElementwiseFunction : nil
  }
}

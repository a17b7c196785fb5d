/// The part that an operator can take where nodes are fused.
///
/// The operator itself gives it, as what it can be used for: looking a conformance up takes as long as
/// running a small network.
public enum FusionRole: Sendable {
  case none
  /// Its kernels can end with more than the operator says.
  case base(FusionBase)
  /// It is one function of each element.
  case function(FusionFunction)
}

/// An operator whose kernels can end with more than it says.
public struct FusionBase: Sendable {
  package let op: any FusibleOperator
}

/// An operator that is one function of each element.
public struct FusionFunction: Sendable {
  package let op: any ElementwiseFunction
}

extension Operator {
  /// The operator as one whose kernels can end with more, when they can.
  package var asFusible: (any FusibleOperator)? {
    if case .base(let base) = fusionRole { base.op } else { nil }
  }

  /// The operator as a function of each element, when it is one.
  package var asFunction: (any ElementwiseFunction)? {
    if case .function(let function) = fusionRole { function.op } else { nil }
  }
}

/// How an operator computes its outputs.
public enum EvaluationKind: Sendable, Hashable {
  /// By a kernel that is made for known shapes.
  case kernel
  /// While running, because shapes depend on the content: `DataDependentOperator`.
  case dataDependent
  /// On values, which may be sequences and optionals and come from graphs inside the node:
  /// `ValueOperator`.
  case onValues
}

extension Operator {
  /// The operator as one whose shapes depend on the content, when it is one.
  package var asDataDependent: (any DataDependentOperator)? {
    Self.evaluation == .dataDependent ? self as? any DataDependentOperator : nil
  }

  /// The operator as one that works on values, when it does.
  package var asValueOperator: (any ValueOperator)? {
    Self.evaluation == .onValues ? self as? any ValueOperator : nil
  }
}

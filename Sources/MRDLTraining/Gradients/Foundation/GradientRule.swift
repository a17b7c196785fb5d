public import MRDLCore
public import MRDLOperators

/// How residuals pass back through one operator.
///
/// The residual of a value is the derivative of the loss by that value, δ in (3-11). A rule adds the nodes
/// that make the residuals of a node's inputs from those of its outputs. They are ordinary nodes of the
/// same graph: operators of ONNX where those serve, operators of the domain `mrdl` elsewhere.
public protocol GradientRule: Sendable {
  /// The name of the operator that the rule is for.
  static var operatorName: String { get }
  /// The domain of that operator.
  static var domain: String { get }
  /// The operators beyond those of inference that the rule's nodes use.
  static var backwardOperators: [any Operator.Type] { get }

  /// Adds the nodes and names the residuals.
  ///
  /// - Throws: `MRDL5004` for a node that the rule has no derivative of.
  static func differentiate(_ step: inout GradientStep) throws(MRDLError)
}

extension GradientRule {
  public static var domain: String { "" }
  public static var backwardOperators: [any Operator.Type] { [] }
}

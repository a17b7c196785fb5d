public import MRDLCore

/// The rule of an operator that is written as other operators, whose gradients are taken.
///
/// Where residuals have to pass through a node of such an operator, the nodes that it stands for take its place in
/// the graph that learns. They compute what the operator computes.
public protocol ExpansionRule: GradientRule {
  /// Adds the nodes and names what becomes of the outputs.
  ///
  /// - Throws: `MRDL5004` for a node that cannot be written so.
  static func expand(_ step: inout ExpansionStep) throws(MRDLError)
}

extension ExpansionRule {
  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    throw step.refusal("a node has not been written as others")
  }
}

public import MRDLCore

/// An operator whose outputs have shapes that only the content of its inputs tells, such as NonZero.
///
/// No kernel is made ahead for it: a program is cut before and after such a node, and what follows is
/// planned when the outputs are there.
public protocol DataDependentOperator: Operator {
  /// Computes the outputs.
  ///
  /// - Parameters:
  ///   - inputs: in the order of the operator; nil for an optional one left out.
  ///   - outputCount: how many outputs the node has.
  ///   - place: the node, for errors.
  /// - Returns: an output for each index below `outputCount`.
  func evaluate(
    _ inputs: [Tensor?], outputCount: Int, place: Place
  ) throws(MRDLError) -> [Tensor?]
}

extension DataDependentOperator {
  public static var evaluation: EvaluationKind { .dataDependent }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    throw MRDLError(
      .dataDependentShape, "the shape of an output is known only while running", at: request.place)
  }
}

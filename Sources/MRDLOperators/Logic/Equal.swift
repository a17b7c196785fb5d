public import MRDLCore
package import MRDLNumerics

/// ONNX Equal: whether A = B, element by element, with the broadcasting rules of NumPy.
public struct Equal: ComparisonOperator {
  public static let name = "Equal"
  package static let operation = Comparison.Operation.equal

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

public import MRDLCore
package import MRDLNumerics

/// ONNX GreaterOrEqual: whether A ≥ B, element by element, with the broadcasting rules of NumPy.
public struct GreaterOrEqual: ComparisonOperator {
  public static let name = "GreaterOrEqual"
  package static let operation = Comparison.Operation.greaterOrEqual

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

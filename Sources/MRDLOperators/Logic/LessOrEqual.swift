public import MRDLCore
package import MRDLNumerics

/// ONNX LessOrEqual: whether A ≤ B, element by element, with the broadcasting rules of NumPy.
public struct LessOrEqual: ComparisonOperator {
  public static let name = "LessOrEqual"
  package static let operation = Comparison.Operation.lessOrEqual

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

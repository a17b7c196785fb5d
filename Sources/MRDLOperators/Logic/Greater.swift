public import MRDLCore
package import MRDLNumerics

/// ONNX Greater: whether A > B, element by element, with the broadcasting rules of NumPy.
public struct Greater: ComparisonOperator {
  public static let name = "Greater"
  package static let operation = Comparison.Operation.greater

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

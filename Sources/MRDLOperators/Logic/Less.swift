public import MRDLCore
package import MRDLNumerics

/// ONNX Less: whether A < B, element by element, with the broadcasting rules of NumPy.
public struct Less: ComparisonOperator {
  public static let name = "Less"
  package static let operation = Comparison.Operation.less

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

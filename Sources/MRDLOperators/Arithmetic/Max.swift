public import MRDLCore
package import MRDLNumerics

/// ONNX Max: the largest of the elements; NaN wins, with the broadcasting rules of NumPy.
public struct Max: VariadicOperator {
  public static let name = "Max"
  package static let operation = Broadcasting.Operation.maximum
  package static let scalarTypes: Set<ScalarType> = .arithmetic

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

public import MRDLCore
package import MRDLNumerics

/// ONNX Min: the smallest of the elements; NaN wins, with the broadcasting rules of NumPy.
public struct Min: VariadicOperator {
  public static let name = "Min"
  package static let operation = Broadcasting.Operation.minimum
  package static let scalarTypes: Set<ScalarType> = .arithmetic

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

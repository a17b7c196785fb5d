public import MRDLCore
package import MRDLNumerics

/// ONNX And: both of two truth values, element by element, with the broadcasting rules of NumPy.
public struct And: BitwiseOperator {
  public static let name = "And"
  package static let operation = Broadcasting.Operation.and
  package static let scalarTypes: Set<ScalarType> = [.bool]

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

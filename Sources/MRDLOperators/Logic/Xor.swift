public import MRDLCore
package import MRDLNumerics

/// ONNX Xor: exactly one of two truth values, element by element, with the broadcasting rules of NumPy.
public struct Xor: BitwiseOperator {
  public static let name = "Xor"
  package static let operation = Broadcasting.Operation.xor
  package static let scalarTypes: Set<ScalarType> = [.bool]

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

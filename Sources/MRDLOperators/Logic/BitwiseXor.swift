public import MRDLCore
package import MRDLNumerics

/// ONNX BitwiseXor: the bits that exactly one number has, element by element, with the broadcasting rules of NumPy.
public struct BitwiseXor: BitwiseOperator {
  public static let name = "BitwiseXor"
  package static let operation = Broadcasting.Operation.xor
  package static let scalarTypes: Set<ScalarType> = .wholeNumbers

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

public import MRDLCore
package import MRDLNumerics

/// ONNX BitwiseOr: the bits that one number has or both, element by element, with the broadcasting rules of NumPy.
public struct BitwiseOr: BitwiseOperator {
  public static let name = "BitwiseOr"
  package static let operation = Broadcasting.Operation.or
  package static let scalarTypes: Set<ScalarType> = .wholeNumbers

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

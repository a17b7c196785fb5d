public import MRDLCore
package import MRDLNumerics

/// ONNX BitwiseAnd: the bits that both numbers have, element by element, with the broadcasting rules of NumPy.
public struct BitwiseAnd: BitwiseOperator {
  public static let name = "BitwiseAnd"
  package static let operation = Broadcasting.Operation.and
  package static let scalarTypes: Set<ScalarType> = .wholeNumbers

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

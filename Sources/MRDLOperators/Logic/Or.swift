public import MRDLCore
package import MRDLNumerics

/// ONNX Or: one or both of two truth values, element by element, with the broadcasting rules of NumPy.
public struct Or: BitwiseOperator {
  public static let name = "Or"
  package static let operation = Broadcasting.Operation.or
  package static let scalarTypes: Set<ScalarType> = [.bool]

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

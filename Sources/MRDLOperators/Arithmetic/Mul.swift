public import MRDLCore
package import MRDLNumerics

/// ONNX Mul: the product C = A · B of two tensors, element by element.
///
/// Inputs: A and B, whose shapes are broadcast together by the rules of NumPy. Output: C.
public struct Mul: BinaryArithmetic {
  public static let name = "Mul"
  package static let operation = Broadcasting.Operation.multiply

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

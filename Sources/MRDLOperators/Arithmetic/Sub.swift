public import MRDLCore
package import MRDLNumerics

/// ONNX Sub: the difference C = A - B of two tensors, element by element.
///
/// Inputs: A and B, whose shapes are broadcast together by the rules of NumPy. Output: C.
public struct Sub: BinaryArithmetic {
  public static let name = "Sub"
  package static let operation = Broadcasting.Operation.subtract

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

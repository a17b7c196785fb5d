public import MRDLCore
package import MRDLNumerics

/// ONNX Add: the sum C = A + B of two tensors, element by element.
///
/// Inputs: A and B, whose shapes are broadcast together by the rules of NumPy. Output: C.
public struct Add: BinaryArithmetic {
  public static let name = "Add"
  package static let operation = Broadcasting.Operation.add

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

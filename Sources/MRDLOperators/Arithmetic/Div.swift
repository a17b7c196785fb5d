public import MRDLCore
package import MRDLNumerics

/// ONNX Div: the quotient C = A / B of two tensors, element by element.
///
/// A quotient of whole numbers is cut off towards zero; a divisor of zero is an error then.
///
/// Inputs: A and B, whose shapes are broadcast together by the rules of NumPy. Output: C.
public struct Div: BinaryArithmetic {
  public static let name = "Div"
  package static let operation = Broadcasting.Operation.divide

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

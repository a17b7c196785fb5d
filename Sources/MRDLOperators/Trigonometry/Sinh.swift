public import MRDLCore
package import MRDLNumerics

/// ONNX Sinh: the hyperbolic sine.
public struct Sinh: ElementwiseFunction {
  public static let name = "Sinh"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .sinh }
}

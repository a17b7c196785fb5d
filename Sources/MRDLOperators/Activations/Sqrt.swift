public import MRDLCore
package import MRDLNumerics

/// ONNX Sqrt: the square root.
public struct Sqrt: ElementwiseFunction {
  public static let name = "Sqrt"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .sqrt }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX Cosh: the hyperbolic cosine.
public struct Cosh: ElementwiseFunction {
  public static let name = "Cosh"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .cosh }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX Acosh: the inverse of the hyperbolic cosine.
public struct Acosh: ElementwiseFunction {
  public static let name = "Acosh"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .acosh }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX Atanh: the inverse of the hyperbolic tangent.
public struct Atanh: ElementwiseFunction {
  public static let name = "Atanh"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .atanh }
}

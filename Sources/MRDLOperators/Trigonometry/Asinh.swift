public import MRDLCore
package import MRDLNumerics

/// ONNX Asinh: the inverse of the hyperbolic sine.
public struct Asinh: ElementwiseFunction {
  public static let name = "Asinh"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .asinh }
}

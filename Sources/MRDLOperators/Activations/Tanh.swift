public import MRDLCore
package import MRDLNumerics

/// ONNX Tanh: the hyperbolic tangent.
public struct Tanh: ElementwiseFunction {
  public static let name = "Tanh"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .tanh }
}

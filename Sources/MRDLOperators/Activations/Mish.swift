public import MRDLCore
package import MRDLNumerics

/// ONNX Mish: x · tanh(softplus(x)).
public struct Mish: ElementwiseFunction {
  public static let name = "Mish"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .mish }
}

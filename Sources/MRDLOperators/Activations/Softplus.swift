public import MRDLCore
package import MRDLNumerics

/// ONNX Softplus: log(1 + exp(x)).
public struct Softplus: ElementwiseFunction {
  public static let name = "Softplus"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .softplus }
}

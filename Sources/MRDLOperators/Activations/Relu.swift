public import MRDLCore
package import MRDLNumerics

/// ONNX Relu: max(x, 0).
public struct Relu: ElementwiseFunction {
  public static let name = "Relu"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .relu }
}

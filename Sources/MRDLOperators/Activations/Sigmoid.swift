public import MRDLCore
package import MRDLNumerics

/// ONNX Sigmoid: 1 / (1 + e⁻ˣ), equations (2-3) and (3-7).
public struct Sigmoid: ElementwiseFunction {
  public static let name = "Sigmoid"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .sigmoid }
}

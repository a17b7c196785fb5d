public import MRDLCore
package import MRDLNumerics

/// ONNX Reciprocal: 1 / x.
public struct Reciprocal: ElementwiseFunction {
  public static let name = "Reciprocal"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .reciprocal }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX Ceil: the lowest whole number that is not below x.
public struct Ceil: ElementwiseFunction {
  public static let name = "Ceil"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .ceil }
}

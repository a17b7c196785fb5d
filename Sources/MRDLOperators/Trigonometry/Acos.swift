public import MRDLCore
package import MRDLNumerics

/// ONNX Acos: the angle in radians whose cosine is given.
public struct Acos: ElementwiseFunction {
  public static let name = "Acos"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .acos }
}

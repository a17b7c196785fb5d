public import MRDLCore
package import MRDLNumerics

/// ONNX Tan: the tangent of angles in radians.
public struct Tan: ElementwiseFunction {
  public static let name = "Tan"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .tan }
}

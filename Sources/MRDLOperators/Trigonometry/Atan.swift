public import MRDLCore
package import MRDLNumerics

/// ONNX Atan: the angle in radians whose tangent is given.
public struct Atan: ElementwiseFunction {
  public static let name = "Atan"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .atan }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX Sin: the sine of angles in radians.
public struct Sin: ElementwiseFunction {
  public static let name = "Sin"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .sin }
}

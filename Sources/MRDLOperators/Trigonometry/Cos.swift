public import MRDLCore
package import MRDLNumerics

/// ONNX Cos: the cosine of angles in radians.
public struct Cos: ElementwiseFunction {
  public static let name = "Cos"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .cos }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX Floor: the highest whole number that is not above x.
public struct Floor: ElementwiseFunction {
  public static let name = "Floor"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .floor }
}

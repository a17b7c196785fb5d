public import MRDLCore
package import MRDLNumerics

/// ONNX Asin: the angle in radians whose sine is given.
public struct Asin: ElementwiseFunction {
  public static let name = "Asin"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .asin }
}

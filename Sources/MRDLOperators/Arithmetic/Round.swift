public import MRDLCore
package import MRDLNumerics

/// ONNX Round: the nearest whole number, halves to the even one.
public struct Round: ElementwiseFunction {
  public static let name = "Round"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .round }
}

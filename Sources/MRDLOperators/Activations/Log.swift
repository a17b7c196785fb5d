public import MRDLCore
package import MRDLNumerics

/// ONNX Log: the natural logarithm.
public struct Log: ElementwiseFunction {
  public static let name = "Log"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .log }
}

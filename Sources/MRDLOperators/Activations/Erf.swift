public import MRDLCore
package import MRDLNumerics

/// ONNX Erf: the error function.
public struct Erf: ElementwiseFunction {
  public static let name = "Erf"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .erf }
}

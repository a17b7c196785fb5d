public import MRDLCore
package import MRDLNumerics

/// ONNX Softsign: x / (1 + |x|).
public struct Softsign: ElementwiseFunction {
  public static let name = "Softsign"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .softsign }
}

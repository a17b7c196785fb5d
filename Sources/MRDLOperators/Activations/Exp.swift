public import MRDLCore
package import MRDLNumerics

/// ONNX Exp: eˣ.
public struct Exp: ElementwiseFunction {
  public static let name = "Exp"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .exp }
}

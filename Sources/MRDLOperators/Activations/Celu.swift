public import MRDLCore
package import MRDLNumerics

/// ONNX Celu: max(0, x) + min(0, `alpha` · (exp(x / `alpha`) − 1)); `alpha` is 1 unless given.
public struct Celu: ElementwiseFunction {
  public static let name = "Celu"

  private let alpha: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 1)
    guard alpha != 0 else { throw attributes.wrongValue("alpha", "0", "another number") }
  }

  package var function: ElementaryFunction { .celu(alpha: alpha) }
}

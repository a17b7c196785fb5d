public import MRDLCore
package import MRDLNumerics

/// ONNX Elu: x, below zero `alpha` · (exp(x) − 1); `alpha` is 1 unless given.
public struct Elu: ElementwiseFunction {
  public static let name = "Elu"

  private let alpha: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 1)
  }

  package var function: ElementaryFunction { .elu(alpha: alpha) }
}

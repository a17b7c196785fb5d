public import MRDLCore
package import MRDLNumerics

/// ONNX Selu: a scaled exponential linear unit: `gamma` · x above zero, `gamma` · `alpha` · (exp(x) − 1)
/// elsewhere.
public struct Selu: ElementwiseFunction {
  public static let name = "Selu"

  private let alpha: Double
  private let gamma: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 1.67326319217681884765625)
    gamma = try attributes.float("gamma", default: 1.05070102214813232421875)
  }

  package var function: ElementaryFunction { .selu(alpha: alpha, gamma: gamma) }
}

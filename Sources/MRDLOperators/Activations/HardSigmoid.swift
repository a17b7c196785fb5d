public import MRDLCore
package import MRDLNumerics

/// ONNX HardSigmoid: max(0, min(1, `alpha` · x + `beta`)); `alpha` is 0.2 and `beta` 0.5 unless given.
public struct HardSigmoid: ElementwiseFunction {
  public static let name = "HardSigmoid"

  package let alpha: Double
  package let beta: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 0.2)
    beta = try attributes.float("beta", default: 0.5)
  }

  package var function: ElementaryFunction { .hardSigmoid(alpha: alpha, beta: beta) }
}

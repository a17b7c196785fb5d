public import MRDLCore
package import MRDLNumerics

/// ONNX LeakyRelu: x where it is not negative, `alpha` · x elsewhere; `alpha` is 0.01 unless given.
public struct LeakyRelu: ElementwiseFunction {
  public static let name = "LeakyRelu"

  package let alpha: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 0.01)
  }

  package var function: ElementaryFunction { .leakyRelu(alpha: alpha) }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX Swish: x · sigmoid(`alpha` · x); `alpha` is 1 unless given.
public struct Swish: ElementwiseFunction {
  public static let name = "Swish"

  private let alpha: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 1)
  }

  package var function: ElementaryFunction { .swish(alpha: alpha) }
}

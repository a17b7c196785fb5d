public import MRDLCore
package import MRDLNumerics

/// ONNX ThresholdedRelu: x above `alpha`, 0 elsewhere; `alpha` is 1 unless given.
public struct ThresholdedRelu: ElementwiseFunction {
  public static let name = "ThresholdedRelu"

  private let alpha: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alpha = try attributes.float("alpha", default: 1)
  }

  package var function: ElementaryFunction { .thresholdedRelu(alpha: alpha) }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX HardSwish: x · max(0, min(1, x / 6 + 0.5)).
public struct HardSwish: ElementwiseFunction {
  public static let name = "HardSwish"

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  package var function: ElementaryFunction { .hardSwish }
}

public import MRDLCore
package import MRDLNumerics

/// ONNX GlobalAveragePool: the mean of each plane.
public struct GlobalAveragePool: GlobalPooling {
  public static let name = "GlobalAveragePool"
  package static let kind = Reduction.Kind.mean

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

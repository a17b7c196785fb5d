public import MRDLCore
package import MRDLNumerics

/// ONNX GlobalMaxPool: the largest number of each plane.
public struct GlobalMaxPool: GlobalPooling {
  public static let name = "GlobalMaxPool"
  package static let kind = Reduction.Kind.maximum

  public init(attributes: inout AttributeReader) throws(MRDLError) {}
}

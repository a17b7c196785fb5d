public import MRDLCore

/// ONNX HannWindow: 0.5 − 0.5 cos(2πn / N).
public struct HannWindow: CosineWindow {
  public static let name = "HannWindow"
  package static let factors = [0.5, -0.5]

  package let options: CosineWindowOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try CosineWindowOptions(&attributes)
  }
}

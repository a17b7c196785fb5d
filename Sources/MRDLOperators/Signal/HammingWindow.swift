public import MRDLCore

/// ONNX HammingWindow: 25/46 − 21/46 cos(2πn / N).
public struct HammingWindow: CosineWindow {
  public static let name = "HammingWindow"
  package static let factors = [25.0 / 46, -21.0 / 46]

  package let options: CosineWindowOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try CosineWindowOptions(&attributes)
  }
}

public import MRDLCore

/// ONNX BlackmanWindow: 0.42 − 0.5 cos(2πn / N) + 0.08 cos(4πn / N).
public struct BlackmanWindow: CosineWindow {
  public static let name = "BlackmanWindow"
  package static let factors = [0.42, -0.5, 0.08]

  package let options: CosineWindowOptions

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    options = try CosineWindowOptions(&attributes)
  }
}

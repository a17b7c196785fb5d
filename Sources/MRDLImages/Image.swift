public import MRDLCore

/// A picture: rows of pixels from top to bottom, pixels from left to right, channels side by side.
///
/// Samples are 0 for none to 255 or 65535 for all of a channel. Gamma and colour profiles are not applied.
public struct Image: Sendable {
  /// Height × width × channels, of type u8 or u16.
  public let samples: Tensor
  public let colorSpace: ColorSpace

  /// A picture of the given samples.
  ///
  /// - Precondition: the tensor has the type and shape that `samples` describes.
  public init(samples: Tensor, colorSpace: ColorSpace) {
    precondition(
      samples.scalarType == .uint8 || samples.scalarType == .uint16,
      "samples of \(samples.scalarType.rawValue)")
    precondition(
      samples.shape.rank == 3 && samples.shape[2] == colorSpace.channelCount,
      "samples of shape \(samples.shape) for \(colorSpace.rawValue)")
    self.samples = samples
    self.colorSpace = colorSpace
  }

  public var height: Int { samples.shape[0] }
  public var width: Int { samples.shape[1] }
  public var channelCount: Int { samples.shape[2] }
  /// 8 or 16.
  public var bitsPerSample: Int { samples.scalarType.bitWidth }
}

/// The type of a sample.
protocol ImageSample: TensorElement, FixedWidthInteger, UnsignedInteger {}

extension UInt8: ImageSample {}
extension UInt16: ImageSample {}

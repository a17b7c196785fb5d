public import MRDLCore

/// What the header says of a tensor: everything but its bytes.
public struct TensorInfo: Sendable, Hashable {
  public var name: String
  public var scalarType: ScalarType
  public var shape: Shape
  /// One letter an axis, such as `OIHW`: O output channels, I input channels, H, W, D spatial, N batch,
  /// C channels, T time, F features.
  public var axes: String?
  /// How stored integers stand for real numbers, where they do.
  public var quantization: Quantization?

  /// Scale and zero point of QuantizeLinear: real = (stored − zeroPoint) · scale.
  public struct Quantization: Sendable, Hashable {
    /// The name of the tensor of scales.
    public var scale: String
    /// The name of the tensor of zero points; nil for zero.
    public var zeroPoint: String?
    /// The axis along which scales differ; nil for one scale.
    public var axis: Int?

    public init(scale: String, zeroPoint: String? = nil, axis: Int? = nil) {
      self.scale = scale
      self.zeroPoint = zeroPoint
      self.axis = axis
    }
  }

  public init(
    _ name: String, _ scalarType: ScalarType, _ shape: Shape, axes: String? = nil,
    quantization: Quantization? = nil
  ) {
    self.name = name
    self.scalarType = scalarType
    self.shape = shape
    self.axes = axes
    self.quantization = quantization
  }

  /// The number of bytes, or nil where it cannot be counted.
  public var byteCount: Int? { scalarType.byteCount(elementCount: shape.elementCount) }
}

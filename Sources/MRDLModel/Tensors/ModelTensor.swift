public import MRDLCore

/// Where the bytes of a tensor come from.
public protocol TensorSource: Sendable {
  /// The tensor, checked against its digest when it is first asked for.
  ///
  /// - Throws: `MRDL1008` where the digest does not match, or an error of reading.
  func load() throws(MRDLError) -> Tensor

  /// The digest that the file states, if it states one.
  var digest: Digest? { get }
}

/// A tensor of a model: what the header says of it, and its bytes when they are asked for.
public struct ModelTensor: Sendable {
  public var info: TensorInfo
  public let source: any TensorSource

  public init(_ info: TensorInfo, source: any TensorSource) {
    self.info = info
    self.source = source
  }

  /// A tensor that is in memory already.
  public init(_ name: String, _ tensor: Tensor, axes: String? = nil) {
    info = TensorInfo(name, tensor.scalarType, tensor.shape, axes: axes)
    source = TensorInMemory(tensor: tensor)
  }

  /// The tensor; its bytes are checked when they are first asked for.
  public func load() throws(MRDLError) -> Tensor { try source.load() }
}

/// A tensor without a file behind it.
private struct TensorInMemory: TensorSource {
  let tensor: Tensor

  var digest: Digest? { nil }

  func load() throws(MRDLError) -> Tensor { tensor }
}

/// What a reader takes from a file before it refuses it. Every limit has its name here and nowhere else.
public struct Limits: Sendable, Hashable {
  /// Bytes of the architecture header (JSON text).
  public var headerByteCount = 256 << 20
  /// Depth of nested JSON values.
  public var nestingDepth = 64
  /// Values (objects, arrays, scalars) in one JSON text.
  public var valueCount = 16 << 20
  /// Nodes in one graph, subgraphs included.
  public var nodeCount = 1 << 20
  /// Depth of nested subgraphs.
  public var subgraphDepth = 16
  /// Tensors in one file.
  public var tensorCount = 1 << 20
  /// Extents of one shape.
  public var rank = 32
  /// UTF-8 bytes of one name.
  public var nameByteCount = 4096
  /// Bytes that one stored byte may inflate to; deflate itself cannot pass 1032.
  public var inflationRatio = 1100
  /// Bytes that one compressed stream may inflate to.
  public var inflatedByteCount = 16 << 30
  /// Pixels of one image.
  public var pixelCount = 1 << 28
  /// Bytes of one value that is computed from constants alone, before a model runs.
  public var foldedByteCount = 2 << 30
  /// Bytes of working memory of one session.
  public var workingByteCount = 64 << 30
  /// Objects, links and attributes in one HDF5 file.
  public var hdf5ObjectCount = 1 << 20
  /// Depth of nested HDF5 groups.
  public var hdf5Depth = 64
  /// Chunks of one HDF5 data set.
  public var hdf5ChunkCount = 16 << 20
  /// Bytes of one HDF5 data set that were never written, so that the file holds only their value.
  public var hdf5UnstoredByteCount = 256 << 20
  /// Bytes of a YAML text, and of its values, each counted as often as aliases stand for it.
  public var yamlByteCount = 1 << 20
  /// Values in one YAML text, each counted as often as aliases stand for it.
  public var yamlValueCount = 1 << 16

  public init() {}

  /// The limits that all tools use.
  public static let standard = Limits()
}

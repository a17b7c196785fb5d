/// How the tensors of an `.h5` model are stored. The bytes of one piece, aligned and as they are, can be
/// mapped by a reader; chunks are smaller or checked, and are copied when they are read.
package struct HDF5WritingOptions: Sendable, Hashable {
  /// Bytes of a chunk at most; nil for tensors in one piece, unless a filter asks for chunks.
  package var chunkByteCount: Int?
  /// Whether bytes of the same weight come together before they are deflated.
  package var shuffles: Bool
  /// The level of deflate, 0 to 9; nil for none.
  package var deflateLevel: Int?
  /// Whether every chunk has a Fletcher-32 checksum.
  package var hasChecksums: Bool

  /// Bytes of a chunk where a filter asks for chunks and nothing says how large.
  package static let standardChunkByteCount = 1 << 20
  /// HDF5 counts the bytes of a chunk with 32 bits; a quarter of that keeps readers small.
  package static let chunkByteCountLimit = 1 << 30

  /// - Precondition: the level is 0 to 9, and a chunk has 1 byte to 1 GiB.
  package init(
    chunkByteCount: Int? = nil, shuffles: Bool = false, deflateLevel: Int? = nil,
    hasChecksums: Bool = false
  ) {
    if let chunkByteCount {
      precondition(
        (1...Self.chunkByteCountLimit).contains(chunkByteCount),
        "a chunk cannot have \(chunkByteCount) bytes")
    }
    if let deflateLevel {
      precondition((0...9).contains(deflateLevel), "deflate has no level \(deflateLevel)")
    }
    self.chunkByteCount = chunkByteCount
    self.shuffles = shuffles
    self.deflateLevel = deflateLevel
    self.hasChecksums = hasChecksums
  }

  /// Each tensor in one piece.
  package static let contiguous = HDF5WritingOptions()

  /// Bytes of a chunk, or nil for tensors in one piece.
  var effectiveChunkByteCount: Int? {
    if let chunkByteCount { return chunkByteCount }
    return shuffles || deflateLevel != nil || hasChecksums ? Self.standardChunkByteCount : nil
  }

  /// The extents of chunks of at most the given bytes: whole rows as far as they fit, at least one
  /// element.
  static func chunk(extents: [Int], elementByteCount: Int, byteCountLimit: Int) -> [Int] {
    var chunk = extents
    var rest = extents.reduce(1, *)
    let limit = max(1, byteCountLimit / elementByteCount)
    for axis in chunk.indices where rest > limit {
      rest /= extents[axis]
      chunk[axis] = max(1, min(extents[axis], limit / rest))
      rest *= chunk[axis]
    }
    return chunk
  }
}

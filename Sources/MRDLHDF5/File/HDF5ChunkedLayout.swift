import MRDLCore

/// How a data set is cut into chunks and how these are found.
struct HDF5ChunkedLayout: Sendable {
  /// What finds the chunks. An address is nil where nothing was written.
  enum Index: Sendable {
    case bTree1(UInt64?)
    /// One chunk; its stored size and filter mask where it went through filters.
    case single(UInt64?, filtered: (byteCount: UInt64, mask: UInt32)?)
    /// All chunks one after the other.
    case implicit(UInt64?)
    case fixedArray(UInt64?)
    case extensibleArray(UInt64?)
    case bTree2(UInt64?)
  }

  /// The extents of a chunk.
  let chunk: [Int]
  let elementByteCount: Int
  let index: Index
  /// Whether chunks that reach over the edge of the data set are stored without filters.
  let leavesEdgesUnfiltered: Bool

  /// Bytes of a chunk before filters.
  let chunkByteCount: Int

  /// A layout from the extents in a message, of which the last is the size of an element.
  init(
    _ extents: [UInt64], index: Index, leavesEdgesUnfiltered: Bool = false, _ cursor: HDF5Cursor
  ) throws(MRDLError) {
    guard extents.count >= 2, extents.count <= cursor.source.limits.rank + 1 else {
      throw cursor.bad("a chunk has an impossible number of extents", found: "\(extents.count)")
    }
    var sizes: [Int] = []
    for extent in extents {
      guard let size = Int(exactly: extent), size > 0 else {
        throw cursor.bad("a chunk has an impossible extent", found: "\(extent)")
      }
      sizes.append(size)
    }
    guard let byteCount = sizes.productChecked() else {
      throw cursor.bad("a chunk has too many bytes", found: "\(sizes)")
    }
    chunkByteCount = byteCount
    elementByteCount = sizes.removeLast()
    chunk = sizes
    self.index = index
    self.leavesEdgesUnfiltered = leavesEdgesUnfiltered
  }

  /// The properties of a chunked layout of version 4 or 5.
  init(version4 cursor: inout HDF5Cursor) throws(MRDLError) {
    let flags = try cursor.readUInt8()
    let rank = Int(try cursor.readUInt8())
    let extentByteCount = Int(try cursor.readUInt8())
    var extents: [UInt64] = []
    for _ in 0..<rank {
      extents.append(try cursor.readUnsigned(byteCount: extentByteCount))
    }
    let kind = try cursor.readUInt8()
    let index: Index
    switch kind {
    case 1:
      var filtered: (UInt64, UInt32)?
      if flags & 0x02 != 0 { filtered = (try cursor.readLength(), try cursor.readUInt32()) }
      index = .single(try cursor.readAddress(), filtered: filtered)
    case 2: index = .implicit(try cursor.readAddress())
    case 3:
      // The headers of the indexes repeat what is skipped here.
      try cursor.skip(byteCount: 1)
      index = .fixedArray(try cursor.readAddress())
    case 4:
      try cursor.skip(byteCount: 5)
      index = .extensibleArray(try cursor.readAddress())
    case 5:
      try cursor.skip(byteCount: 6)
      index = .bTree2(try cursor.readAddress())
    default:
      throw cursor.unsupported("a chunk index is not known", found: "\(kind)", expected: "1 to 5")
    }
    try self.init(
      extents, index: index, leavesEdgesUnfiltered: flags & 0x01 != 0, cursor)
  }
}

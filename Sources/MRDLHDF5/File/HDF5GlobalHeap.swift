import MRDLCore

/// One collection of the global heap: the objects that variable-length values point to
/// (specification III.E).
struct HDF5GlobalHeapCollection: Sendable {
  /// Where in the storage the objects are, by their index.
  private let ranges: [UInt16: Range<Int>]

  /// Reads the table of a collection.
  ///
  /// - Complexity: O(n) in the objects of the collection.
  init(_ source: HDF5Source, address: UInt64) throws(MRDLError) {
    var prefix = try source.cursor(at: address)
    try prefix.readSignature("GCOL")
    try prefix.readVersion(1, of: "a global heap collection")
    try prefix.skip(byteCount: 3)
    let byteCount = try prefix.readLength()
    var cursor = try source.cursor(at: address, byteCount: byteCount)
    // Everything begins at a multiple of eight bytes from the start of the collection.
    let lengthPadding = (8 - source.superblock.lengthByteCount % 8) % 8
    try cursor.skip(byteCount: prefix.consumedByteCount + lengthPadding)
    let headerByteCount = 8 + source.superblock.lengthByteCount + lengthPadding
    var ranges: [UInt16: Range<Int>] = [:]
    while cursor.remainingByteCount >= headerByteCount {
      let index = try cursor.readUInt16()
      try cursor.skip(byteCount: 6)
      let size = try cursor.readLength()
      try cursor.skip(byteCount: lengthPadding)
      // Object 0 is the free space that ends the collection.
      if index == 0 { break }
      let body = try cursor.readPart(byteCount: size)
      ranges[index] = body.remainingRange
      let padding = (8 - body.remainingByteCount % 8) % 8
      try cursor.skip(byteCount: min(padding, cursor.remainingByteCount))
    }
    self.ranges = ranges
  }

  /// Where in the storage an object is, or nil where the collection lacks it.
  func byteRange(ofObject index: UInt32) -> Range<Int>? {
    UInt16(exactly: index).flatMap { ranges[$0] }
  }
}

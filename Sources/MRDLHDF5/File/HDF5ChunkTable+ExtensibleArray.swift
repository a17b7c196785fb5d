import MRDLCore

extension HDF5ChunkTable {
  /// Reads an index for data sets that grow along one axis (specification VII.D).
  mutating func readExtensibleArray(_ address: UInt64) throws(MRDLError) {
    let array = try HDF5ExtensibleArray(source, address: address)
    let order = try HDF5ChunkOrder(grid, isExtensible: true)
    var table = self
    try array.forEachRun { (cursor, numbers) throws(MRDLError) in
      try table.readEntries(
        &cursor, numbers: numbers, array.format, order, array.entryByteCount)
    }
    self = table
  }
}

/// An array that grows without moving: a few entries in an index block, then data blocks in groups
/// ("secondary blocks") of which every second one has twice as many blocks, and the others blocks of
/// twice the size.
struct HDF5ExtensibleArray {
  let format: HDF5ChunkEntryFormat
  let entryByteCount: Int

  private let source: HDF5Source
  private let address: UInt64
  private let client: UInt8
  private let offsetByteCount: Int
  /// Entries in the index block.
  private let indexCount: UInt64
  /// Entries of the smallest data block.
  private let minimumCount: UInt64
  /// Pages have this many entries; larger data blocks are divided into pages.
  private let pageCount: UInt64
  private let groupCount: Int
  /// Groups whose data blocks the index block points to itself.
  private let directGroupCount: Int
  /// One more than the highest entry that was set.
  private let count: UInt64
  private let indexAddress: UInt64?

  init(_ source: HDF5Source, address: UInt64) throws(MRDLError) {
    var cursor = try source.cursor(at: address)
    try cursor.readSignature("EAHD")
    try cursor.readVersion(0, of: "an extensible array")
    client = try cursor.readUInt8()
    entryByteCount = Int(try cursor.readUInt8())
    let bitCount = Int(try cursor.readUInt8())
    indexCount = UInt64(try cursor.readUInt8())
    minimumCount = UInt64(try cursor.readUInt8())
    let minimumPointerCount = UInt64(try cursor.readUInt8())
    let pageBitCount = UInt64(try cursor.readUInt8())
    // The number and size of secondary and data blocks.
    try cursor.skip(byteCount: 4 * source.superblock.lengthByteCount)
    count = try cursor.readLength()
    _ = try cursor.readLength()
    indexAddress = try cursor.readAddress()
    try cursor.readChecksum(of: "an extensible array")
    // The index block has room for the addresses of the first groups, whether they are used or not.
    guard client <= 1, (1...64).contains(bitCount), minimumCount.nonzeroBitCount == 1,
      minimumPointerCount.nonzeroBitCount == 1, pageBitCount < 32,
      1 + bitCount - minimumCount.trailingZeroBitCount
        >= 2 * minimumPointerCount.trailingZeroBitCount
    else { throw cursor.bad("an extensible array has impossible properties") }
    self.source = source
    self.address = address
    offsetByteCount = (bitCount + 7) / 8
    pageCount = 1 << pageBitCount
    groupCount = 1 + bitCount - minimumCount.trailingZeroBitCount
    directGroupCount = 2 * minimumPointerCount.trailingZeroBitCount
    format = try HDF5ChunkEntryFormat(
      source, isFiltered: client == 1, byteCount: entryByteCount, at: cursor.place)
  }

  /// The data blocks of a group and the entries of each.
  private func sizes(ofGroup group: Int) -> (blockCount: UInt64, entryCount: UInt64)? {
    minimumCount.multipliedChecked(by: 1 << UInt64((group + 1) / 2)).map {
      (1 << UInt64(group / 2), $0)
    }
  }

  /// Calls `body` with the entries of the array, as runs of those that are in the file.
  func forEachRun(
    _ body: (inout HDF5Cursor, Range<UInt64>) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    guard let indexAddress else { return }
    var index = try source.cursor(at: indexAddress)
    try readPrefix(&index, "EAIB")
    var entries = try index.readPart(byteCount: Int(indexCount) * entryByteCount)
    if count > 0 { try body(&entries, 0..<min(indexCount, count)) }

    var next = indexCount
    var visited: Set<UInt64> = []
    for group in 0..<directGroupCount {
      guard let sizes = sizes(ofGroup: group) else { return }
      for _ in 0..<sizes.blockCount {
        let block = try index.readAddress()
        let first = next
        next += sizes.entryCount
        guard let block, first < count else { continue }
        guard sizes.entryCount <= pageCount else {
          throw index.unsupported("the index block of an extensible array has pages")
        }
        try readBlock(block, first, sizes.entryCount, pages: nil, isDirect: true, &visited, body)
      }
    }
    var groups: [UInt64?] = []
    for _ in directGroupCount..<groupCount { groups.append(try index.readAddress()) }
    try index.readChecksum(of: "an extensible array")
    for (offset, groupAddress) in groups.enumerated() {
      guard next < count, let sizes = sizes(ofGroup: directGroupCount + offset),
        let all = sizes.blockCount.multipliedChecked(by: sizes.entryCount),
        let end = next.addingChecked(all)
      else { return }
      defer { next = end }
      guard let groupAddress else { continue }
      try readGroup(groupAddress, next, sizes, &visited, body)
    }
  }

  private func readPrefix(
    _ cursor: inout HDF5Cursor, _ signature: StaticString
  ) throws(MRDLError) {
    try cursor.readSignature(signature)
    try cursor.readVersion(0, of: "an extensible array block")
    guard try cursor.readUInt8() == client, try cursor.readAddress() == address else {
      throw cursor.bad("an extensible array block belongs to another array")
    }
  }

  /// Reads the offset of a block, which counts from the end of the index block.
  ///
  /// libhdf5 states another number for blocks that the index block points to (it adds the number of
  /// all blocks before them); those are not compared.
  private func readOffset(
    _ cursor: inout HDF5Cursor, first: UInt64, isDirect: Bool
  ) throws(MRDLError) {
    let stated = try cursor.readUnsigned(byteCount: offsetByteCount)
    guard isDirect || stated == first - indexCount else {
      throw cursor.bad(
        "an extensible array block has the wrong offset", found: "\(stated)",
        expected: "\(first - indexCount)")
    }
  }

  private func readGroup(
    _ groupAddress: UInt64, _ first: UInt64, _ sizes: (blockCount: UInt64, entryCount: UInt64),
    _ visited: inout Set<UInt64>,
    _ body: (inout HDF5Cursor, Range<UInt64>) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    var cursor = try source.cursor(at: groupAddress)
    try readPrefix(&cursor, "EASB")
    try readOffset(&cursor, first: first, isDirect: false)
    let isPaged = sizes.entryCount > pageCount
    let bitmapByteCount = isPaged ? (sizes.entryCount / pageCount + 7) / 8 : 0
    guard let allBitmaps = bitmapByteCount.multipliedChecked(by: sizes.blockCount) else {
      throw cursor.bad("an extensible array has impossible properties")
    }
    var bitmapCursor = try cursor.readPart(byteCount: allBitmaps)
    let bitmap = try bitmapCursor.readBytes(byteCount: bitmapCursor.remainingByteCount)
    var blocks: [UInt64?] = []
    for _ in 0..<sizes.blockCount { blocks.append(try cursor.readAddress()) }
    try cursor.readChecksum(of: "an extensible array block")
    var next = first
    for (index, block) in blocks.enumerated() {
      guard next < count else { return }
      if let block {
        // Pages are counted through all blocks, though each block has bytes of its own.
        let pages =
          isPaged
          ? Pages(bitmap: bitmap, first: UInt64(index) * (sizes.entryCount / pageCount)) : nil
        try readBlock(
          block, next, sizes.entryCount, pages: pages, isDirect: false, &visited, body)
      }
      next += sizes.entryCount
    }
  }

  /// Which pages of a data block were written.
  private struct Pages {
    let bitmap: [UInt8]
    /// The number of the block's first page among those of its group.
    let first: UInt64

    /// Whether a page was written; the first one is the highest bit of the first byte.
    subscript(page: UInt64) -> Bool {
      let bit = first + page
      return bitmap[Int(bit / 8)] & (0x80 >> UInt8(bit % 8)) != 0
    }
  }

  private func readBlock(
    _ blockAddress: UInt64, _ first: UInt64, _ entryCount: UInt64, pages: Pages?,
    isDirect: Bool, _ visited: inout Set<UInt64>,
    _ body: (inout HDF5Cursor, Range<UInt64>) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    var cursor = try source.cursor(at: blockAddress)
    guard visited.insert(blockAddress).inserted else {
      throw cursor.bad("an extensible array reaches a block twice")
    }
    try readPrefix(&cursor, "EADB")
    try readOffset(&cursor, first: first, isDirect: isDirect)
    guard let pages else {
      let byteCount = entryCount.multipliedChecked(by: UInt64(entryByteCount)) ?? .max
      var entries = try cursor.readPart(byteCount: byteCount)
      try cursor.readChecksum(of: "an extensible array block")
      try body(&entries, first..<min(first + entryCount, count))
      return
    }
    try cursor.readChecksum(of: "an extensible array block")
    for page in 0..<(entryCount / pageCount) {
      let pageFirst = first + page * pageCount
      guard pageFirst < count else { return }
      var part = try cursor.readPart(byteCount: pageCount * UInt64(entryByteCount) + 4)
      guard pages[page] else { continue }
      var entries = try part.readPart(byteCount: part.remainingByteCount - 4)
      try part.readChecksum(of: "a page of an extensible array")
      try body(&entries, pageFirst..<min(pageFirst + pageCount, count))
    }
  }
}

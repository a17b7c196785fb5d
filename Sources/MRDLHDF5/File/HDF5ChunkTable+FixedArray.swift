import MRDLCore

extension HDF5ChunkTable {
  /// Reads an index for data sets whose largest extent is known (specification VII.C).
  mutating func readFixedArray(_ address: UInt64) throws(MRDLError) {
    var cursor = try source.cursor(at: address)
    try cursor.readSignature("FAHD")
    try cursor.readVersion(0, of: "a fixed array")
    let client = try cursor.readUInt8()
    let entryByteCount = Int(try cursor.readUInt8())
    let pageBitCount = UInt64(try cursor.readUInt8())
    let count = try cursor.readLength()
    let blockAddress = try cursor.readAddress()
    try cursor.readChecksum(of: "a fixed array")
    guard client <= 1, pageBitCount < 32 else {
      throw cursor.bad("a fixed array has impossible properties")
    }
    guard let blockAddress else { return }
    let format = try HDF5ChunkEntryFormat(
      source, isFiltered: client == 1, byteCount: entryByteCount, at: cursor.place)
    let order = try HDF5ChunkOrder(grid, isExtensible: false)

    var block = try source.cursor(at: blockAddress)
    try block.readSignature("FADB")
    try block.readVersion(0, of: "a fixed array block")
    guard try block.readUInt8() == client, try block.readAddress() == address else {
      throw block.bad("a fixed array block belongs to another array")
    }
    let pageCount = UInt64(1) << pageBitCount
    if count <= pageCount {
      try readEntries(&block, numbers: 0..<count, format, order, entryByteCount)
      try block.readChecksum(of: "a fixed array block")
      return
    }
    let pages = count / pageCount + (count % pageCount == 0 ? 0 : 1)
    var bitmap = try block.readPart(byteCount: pages / 8 + (pages % 8 == 0 ? 0 : 1))
    let isWritten = try bitmap.readBytes(byteCount: bitmap.remainingByteCount)
    try block.readChecksum(of: "a fixed array block")
    for page in 0..<pages {
      let first = page * pageCount
      let numbers = first..<min(first + pageCount, count)
      let byteCount = UInt64(numbers.count) * UInt64(entryByteCount) + 4
      var part = try block.readPart(byteCount: byteCount)
      // The first page is the highest bit of the first byte.
      guard isWritten[Int(page / 8)] & (0x80 >> UInt8(page % 8)) != 0 else { continue }
      try readEntries(&part, numbers: numbers, format, order, entryByteCount)
      try part.readChecksum(of: "a page of a fixed array")
    }
  }

  /// Reads consecutive entries of an array that indexes chunks.
  mutating func readEntries(
    _ cursor: inout HDF5Cursor, numbers: Range<UInt64>, _ format: HDF5ChunkEntryFormat,
    _ order: HDF5ChunkOrder, _ entryByteCount: Int
  ) throws(MRDLError) {
    guard let count = Int(exactly: numbers.upperBound - numbers.lowerBound),
      let byteCount = count.multipliedChecked(by: entryByteCount),
      byteCount <= cursor.remainingByteCount
    else {
      throw MRDLError(
        .truncatedHDF5, "an index of chunks reaches past the end of the file", at: cursor.place)
    }
    for number in numbers {
      guard let entry = try format.read(&cursor) else { continue }
      try append(
        position: order.position(of: number), address: entry.address,
        byteCount: entry.byteCount, mask: entry.mask)
    }
  }
}

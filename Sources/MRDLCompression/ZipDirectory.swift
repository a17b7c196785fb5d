import MRDLCore

/// Where the central directory of a zip archive lies.
struct ZipDirectory {
  let byteOffset: Int
  let byteCount: Int
  let entryCount: UInt64

  private static let endSignature: UInt32 = 0x0605_4B50
  private static let endByteCount = 22
  private static let locatorSignature: UInt32 = 0x0706_4B50
  private static let locatorByteCount = 20
  private static let zip64EndSignature: UInt32 = 0x0606_4B50

  /// Finds the end record (APPNOTE 4.3.16), which stands before a comment of at most 65535 bytes, and
  /// follows it to the zip64 record (4.3.14) where there is one.
  static func locate(in storage: Storage) throws(MRDLError) -> ZipDirectory {
    let file = ByteReader(storage, truncationCode: .badCompressedData)
    var position = storage.byteCount - endByteCount
    let lowest = max(0, position - Int(UInt16.max))
    while position >= lowest {
      var reader = try file.slice(byteOffset: position, byteCount: storage.byteCount - position)
      if try reader.readInteger(UInt32.self) == endSignature {
        var comment = reader
        try comment.skip(byteCount: 16)
        if Int(try comment.readInteger(UInt16.self)) == comment.remainingByteCount {
          return try read(&reader, endByteOffset: position, file: file)
        }
      }
      position -= 1
    }
    throw MRDLError(
      .badCompressedData, "the end of a zip archive is missing: it is damaged or cut short",
      at: file.place(storage.byteCount))
  }

  private static func read(
    _ reader: inout ByteReader, endByteOffset: Int, file: ByteReader
  ) throws(MRDLError) -> ZipDirectory {
    let disk = try reader.readInteger(UInt16.self)
    let directoryDisk = try reader.readInteger(UInt16.self)
    let entriesHere = try reader.readInteger(UInt16.self)
    let entries = try reader.readInteger(UInt16.self)
    let byteCount = try reader.readInteger(UInt32.self)
    let byteOffset = try reader.readInteger(UInt32.self)
    if let locator = try zip64Locator(before: endByteOffset, file: file) {
      return try readZip64(at: locator, endByteOffset: endByteOffset - locatorByteCount, file: file)
    }
    guard disk == 0, directoryDisk == 0, entriesHere == entries else {
      throw MRDLError(
        .badCompressedData, "a zip archive of several disks cannot be read",
        at: file.place(endByteOffset))
    }
    return try ZipDirectory(
      byteOffset: UInt64(byteOffset), byteCount: UInt64(byteCount), entryCount: UInt64(entries),
      endByteOffset: endByteOffset, file: file)
  }

  /// The byte offset of the zip64 end record, if a locator (APPNOTE 4.3.15) stands before the end.
  private static func zip64Locator(
    before endByteOffset: Int, file: ByteReader
  ) throws(MRDLError) -> UInt64? {
    guard endByteOffset >= locatorByteCount else { return nil }
    var reader = try file.slice(
      byteOffset: endByteOffset - locatorByteCount, byteCount: locatorByteCount)
    guard try reader.readInteger(UInt32.self) == locatorSignature else { return nil }
    try reader.skip(byteCount: 4)
    return try reader.readInteger()
  }

  private static func readZip64(
    at byteOffset: UInt64, endByteOffset: Int, file: ByteReader
  ) throws(MRDLError) -> ZipDirectory {
    var reader = try file.slice(byteOffset: byteOffset, byteCount: 56)
    let place = reader.place()
    guard try reader.readInteger(UInt32.self) == zip64EndSignature else {
      throw MRDLError(
        .badCompressedData, "the zip64 end record has a wrong signature", at: place)
    }
    try reader.skip(byteCount: 12)
    let disk = try reader.readInteger(UInt32.self)
    let directoryDisk = try reader.readInteger(UInt32.self)
    let entriesHere = try reader.readInteger(UInt64.self)
    let entries = try reader.readInteger(UInt64.self)
    let directoryByteCount = try reader.readInteger(UInt64.self)
    let directoryByteOffset = try reader.readInteger(UInt64.self)
    guard disk == 0, directoryDisk == 0, entriesHere == entries else {
      throw MRDLError(
        .badCompressedData, "a zip archive of several disks cannot be read", at: place)
    }
    return try ZipDirectory(
      byteOffset: directoryByteOffset, byteCount: directoryByteCount, entryCount: entries,
      endByteOffset: endByteOffset, file: file)
  }

  private init(
    byteOffset: UInt64, byteCount: UInt64, entryCount: UInt64, endByteOffset: Int,
    file: ByteReader
  ) throws(MRDLError) {
    let part = try file.slice(byteOffset: byteOffset, byteCount: byteCount)
    guard part.upperBound <= endByteOffset else {
      throw MRDLError(
        .badCompressedData, "the central directory of a zip archive overlaps its end",
        at: part.place())
    }
    self.byteOffset = part.lowerBound
    self.byteCount = part.remainingByteCount
    self.entryCount = entryCount
  }
}

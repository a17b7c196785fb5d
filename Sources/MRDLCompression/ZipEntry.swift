import MRDLCore

/// One file of a zip archive, as the central directory describes it.
package struct ZipEntry: Sendable, Hashable {
  /// How the content is kept.
  package enum Method: UInt16, Sendable {
    case stored = 0
    case deflated = 8
  }

  /// A relative path with `/` between its parts, none of which is empty, `.` or `..`.
  package let name: String
  package let method: Method
  /// Bytes of the content.
  package let byteCount: Int
  /// Bytes in the archive.
  package let compressedByteCount: Int
  /// The CRC-32 of the content.
  package let checksum: UInt32

  /// Where the local header begins.
  let headerByteOffset: Int
  /// Where the content begins.
  private(set) var dataByteOffset = 0
  let isDirectory: Bool

  static let localSignature: UInt32 = 0x0403_4B50
  static let centralSignature: UInt32 = 0x0201_4B50
  private static let zip64ExtraIdentifier: UInt16 = 1

  /// Reads one record of the central directory (APPNOTE 4.3.12).
  init(from reader: inout ByteReader, limits: Limits) throws(MRDLError) {
    let start = reader.byteOffset
    guard try reader.readInteger(UInt32.self) == Self.centralSignature else {
      throw MRDLError(
        .badCompressedData, "a record of the central directory has a wrong signature",
        at: reader.place(start))
    }
    try reader.skip(byteCount: 4)
    let flags = try reader.readInteger(UInt16.self)
    let methodNumber = try reader.readInteger(UInt16.self)
    try reader.skip(byteCount: 4)
    checksum = try reader.readInteger()
    let compressed = try reader.readInteger(UInt32.self)
    let uncompressed = try reader.readInteger(UInt32.self)
    let nameByteCount = Int(try reader.readInteger(UInt16.self))
    let extraByteCount = Int(try reader.readInteger(UInt16.self))
    let commentByteCount = Int(try reader.readInteger(UInt16.self))
    let disk = try reader.readInteger(UInt16.self)
    try reader.skip(byteCount: 6)
    let offset = try reader.readInteger(UInt32.self)
    guard nameByteCount <= limits.nameByteCount else {
      throw MRDLError(
        .limitExceeded, "the name of a zip entry is too long", found: "\(nameByteCount) bytes",
        expected: "at most \(limits.nameByteCount)", at: reader.place(start))
    }
    let nameBytes = try reader.readBytes(byteCount: nameByteCount)
    name = try Self.safeName(nameBytes, at: reader.place(start))
    isDirectory = name.hasSuffix("/")
    var extra = try reader.readSlice(byteCount: extraByteCount)
    try reader.skip(byteCount: commentByteCount)

    // Values that do not fit stand in the zip64 field, in this order (APPNOTE 4.5.3).
    var wide: [UInt64] = [UInt64(uncompressed), UInt64(compressed), UInt64(offset)]
    let missing = wide.indices.filter { wide[$0] == UInt64(UInt32.max) }
    if !missing.isEmpty {
      var field = try Self.zip64Field(in: &extra, name: name)
      for index in missing { wide[index] = try field.readInteger() }
    }
    let place = Place(path: name, byteOffset: UInt64(start))
    guard let byteCount = Int(exactly: wide[0]), let compressedByteCount = Int(exactly: wide[1]),
      let headerByteOffset = Int(exactly: wide[2])
    else {
      throw MRDLError(.badCompressedData, "a zip entry has an impossible size", at: place)
    }
    guard disk == 0 || disk == .max else {
      throw MRDLError(
        .badCompressedData, "a zip archive of several disks cannot be read", found: "disk \(disk)",
        at: place)
    }
    guard flags & 0x2041 == 0 else {
      throw MRDLError(.badCompressedData, "an encrypted zip entry cannot be read", at: place)
    }
    guard let method = Method(rawValue: methodNumber) else {
      throw MRDLError(
        .badCompressedData, "a zip entry uses a compression method that this reader lacks",
        found: "method \(methodNumber)", expected: "0 (stored) or 8 (deflate)", at: place)
    }
    guard method == .deflated || byteCount == compressedByteCount else {
      throw MRDLError(
        .badCompressedData, "a stored zip entry has two different sizes",
        found: "\(compressedByteCount)", expected: "\(byteCount)", at: place)
    }
    self.byteCount = byteCount
    self.compressedByteCount = compressedByteCount
    self.headerByteOffset = headerByteOffset
    self.method = method
  }

  /// Finds the content by the local header (APPNOTE 4.3.7), which must lie with it below `limit`.
  mutating func locate(in storage: Storage, before limit: Int) throws(MRDLError) {
    let place = Place(path: name, byteOffset: UInt64(headerByteOffset))
    do throws(MRDLError) {
      let part = try ByteReader(storage, truncationCode: .badCompressedData).slice(
        byteOffset: 0, byteCount: limit)
      var reader = part
      try reader.seek(byteOffset: headerByteOffset)
      guard try reader.readInteger(UInt32.self) == Self.localSignature else {
        throw MRDLError(.badCompressedData, "a zip entry has a wrong signature", at: place)
      }
      try reader.skip(byteCount: 22)
      let nameByteCount = Int(try reader.readInteger(UInt16.self))
      let extraByteCount = Int(try reader.readInteger(UInt16.self))
      let localName = try reader.readBytes(byteCount: nameByteCount)
      guard localName == Array(name.utf8) else {
        throw MRDLError(
          .badCompressedData, "a zip entry has two different names",
          found: String(decoding: localName, as: UTF8.self), expected: name, at: place)
      }
      try reader.skip(byteCount: extraByteCount)
      dataByteOffset = reader.byteOffset
      try reader.skip(byteCount: compressedByteCount)
    } catch {
      var placed = error
      placed.finding.place.path = name
      throw placed
    }
  }

  /// The name, if it stays below the directory that it would be unpacked into.
  private static func safeName(_ bytes: [UInt8], at place: Place) throws(MRDLError) -> String {
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw MRDLError(.badCompressedData, "the name of a zip entry is not UTF-8", at: place)
    }
    var parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
    let isSafe = parts.allSatisfy { part in
      !part.isEmpty && part != "." && part != ".."
        && part.utf8.allSatisfy { $0 != 0 && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: ":") }
    }
    guard isSafe else {
      throw MRDLError(
        .badCompressedData, "the name of a zip entry is not a plain relative path", found: name,
        at: place)
    }
    return name
  }

  private static func zip64Field(
    in extra: inout ByteReader, name: String
  ) throws(MRDLError) -> ByteReader {
    while extra.remainingByteCount >= 4 {
      let identifier = try extra.readInteger(UInt16.self)
      let byteCount = Int(try extra.readInteger(UInt16.self))
      let field = try extra.readSlice(byteCount: byteCount)
      if identifier == zip64ExtraIdentifier { return field }
    }
    throw MRDLError(
      .badCompressedData, "a zip entry lacks the field for its large sizes", at: Place(name))
  }
}

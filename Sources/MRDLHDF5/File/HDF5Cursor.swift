import MRDLCore

/// A bounds-checked cursor over one structure of an HDF5 file.
struct HDF5Cursor: Sendable {
  let source: HDF5Source
  private(set) var reader: ByteReader
  /// Where the cursor was made: the first byte that a checksum covers.
  private let start: Int

  init(_ source: HDF5Source, _ reader: ByteReader) {
    self.source = source
    self.reader = reader
    start = reader.byteOffset
  }

  /// The value that stands for no address: all bits set.
  static func undefined(byteCount: Int) -> UInt64 {
    byteCount >= 8 ? .max : (1 << UInt64(8 * byteCount)) - 1
  }

  var remainingByteCount: Int { reader.remainingByteCount }
  /// The next byte, as an offset in the storage.
  var byteOffset: Int { reader.byteOffset }
  /// The number of bytes read so far.
  var consumedByteCount: Int { reader.byteOffset - start }

  var place: Place { reader.place() }

  /// The bytes that remain, valid while the source lives.
  var bytes: UnsafeRawBufferPointer { reader.withUnsafeRemainingBytes { $0 } }

  mutating func skip(byteCount: Int) throws(MRDLError) { try reader.skip(byteCount: byteCount) }

  mutating func readUInt8() throws(MRDLError) -> UInt8 {
    UInt8(truncatingIfNeeded: try reader.readUnsigned(byteCount: 1))
  }

  mutating func readUInt16() throws(MRDLError) -> UInt16 {
    UInt16(truncatingIfNeeded: try reader.readUnsigned(byteCount: 2))
  }

  mutating func readUInt32() throws(MRDLError) -> UInt32 {
    UInt32(truncatingIfNeeded: try reader.readUnsigned(byteCount: 4))
  }

  mutating func readUInt64() throws(MRDLError) -> UInt64 { try reader.readUnsigned(byteCount: 8) }

  /// Reads an unsigned integer of 1 to 8 bytes.
  ///
  /// - Throws: `MRDL2002` for another number of bytes, which comes from the file.
  mutating func readUnsigned(byteCount: Int) throws(MRDLError) -> UInt64 {
    guard (1...8).contains(byteCount) else {
      throw bad("an integer has an impossible size", found: "\(byteCount) bytes")
    }
    return try reader.readUnsigned(byteCount: byteCount)
  }

  /// Reads an address; nil is the undefined one.
  mutating func readAddress() throws(MRDLError) -> UInt64? {
    let byteCount = source.superblock.addressByteCount
    let value = try reader.readUnsigned(byteCount: byteCount)
    return value == Self.undefined(byteCount: byteCount) ? nil : value
  }

  /// Reads a length.
  mutating func readLength() throws(MRDLError) -> UInt64 {
    try reader.readUnsigned(byteCount: source.superblock.lengthByteCount)
  }

  /// Reads `byteCount` bytes.
  mutating func readBytes(byteCount: Int) throws(MRDLError) -> [UInt8] {
    try reader.readBytes(byteCount: byteCount)
  }

  /// A cursor over the next `byteCount` bytes; this one moves past them.
  mutating func readPart(byteCount: Int) throws(MRDLError) -> HDF5Cursor {
    HDF5Cursor(source, try reader.readSlice(byteCount: byteCount))
  }

  /// The same for a number that comes from the file.
  mutating func readPart(byteCount: UInt64) throws(MRDLError) -> HDF5Cursor {
    guard let count = Int(exactly: byteCount) else {
      throw MRDLError(
        .truncatedHDF5, "a structure reaches past the end of the file",
        found: "\(remainingByteCount) bytes left", expected: "\(byteCount)", at: place)
    }
    return try readPart(byteCount: count)
  }

  /// Reads bytes up to a zero byte, which is read too.
  mutating func readTerminatedBytes() throws(MRDLError) -> [UInt8] {
    let length = reader.withUnsafeRemainingBytes { bytes in bytes.firstIndex(of: 0) }
    guard let length else { throw bad("a text has no end") }
    let bytes = try reader.readBytes(byteCount: length)
    try reader.skip(byteCount: 1)
    return bytes
  }

  /// Reads the four letters that a structure begins with.
  mutating func readSignature(_ expected: StaticString) throws(MRDLError) {
    let start = place
    let found = try reader.readBytes(byteCount: expected.utf8CodeUnitCount)
    let wanted = Array("\(expected)".utf8)
    guard found == wanted else {
      throw MRDLError(
        .badHDF5, "a structure has the wrong signature",
        found: String(decoding: found, as: UTF8.self), expected: "\(expected)", at: start)
    }
  }

  /// Reads a version number that must be the given one.
  mutating func readVersion(_ expected: UInt8, of what: String) throws(MRDLError) {
    let start = place
    let version = try readUInt8()
    guard version == expected else {
      throw MRDLError(
        .unsupportedHDF5, "the version of \(what) is not known", found: "\(version)",
        expected: "\(expected)", at: start)
    }
  }

  /// Reads a checksum and compares it with that of all bytes since the cursor was made.
  mutating func readChecksum(of what: String) throws(MRDLError) {
    let start = start
    let end = reader.byteOffset
    let place = place
    let computed = reader.storage.withUnsafeBytes { bytes in
      HDF5Checksum.lookup3(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
    let stated = try readUInt32()
    guard stated == computed else {
      throw MRDLError(
        .badHDF5Checksum, "the checksum of \(what) does not match",
        found: String(computed, radix: 16), expected: String(stated, radix: 16), at: place)
    }
  }

  /// An error about the bytes at the cursor.
  func bad(
    _ message: String, found: String? = nil, expected: String? = nil
  ) -> MRDLError {
    MRDLError(.badHDF5, message, found: found, expected: expected, at: place)
  }

  /// An error about a feature that the bytes at the cursor ask for.
  func unsupported(
    _ message: String, found: String? = nil, expected: String? = nil
  ) -> MRDLError {
    MRDLError(.unsupportedHDF5, message, found: found, expected: expected, at: place)
  }
}

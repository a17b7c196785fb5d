import MRDLCore

/// A bounds-checked cursor over one structure of an HDF5 file.
///
/// Files have many small structures, so that it is lighter than `ByteReader`: two references and three
/// numbers, and its reads are inlined into those who read.
struct HDF5Cursor: Sendable {
  let source: HDF5Source
  /// What holds the bytes: the file, or a part of it that went through filters.
  let storage: Storage
  /// The next byte, as an offset in the storage.
  private(set) var byteOffset: Int

  /// Where the cursor was made: the first byte that a checksum covers.
  private let start: Int
  private let end: Int

  /// - Precondition: the range lies inside the storage.
  init(_ source: HDF5Source, _ storage: Storage, _ range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= storage.byteCount,
      "\(range) lies outside \(storage.byteCount) bytes")
    self.source = source
    self.storage = storage
    byteOffset = range.lowerBound
    start = range.lowerBound
    end = range.upperBound
  }

  /// The value that stands for no address: all bits set.
  static func undefined(byteCount: Int) -> UInt64 {
    byteCount >= 8 ? .max : (1 << UInt64(8 * byteCount)) - 1
  }

  var remainingByteCount: Int { end - byteOffset }
  /// The bytes that remain, as offsets in the storage.
  var remainingRange: Range<Int> { byteOffset..<end }
  /// The number of bytes read so far.
  var consumedByteCount: Int { byteOffset - start }

  var place: Place { Place(byteOffset: UInt64(byteOffset)) }

  /// The bytes that remain, valid while the storage lives.
  var bytes: UnsafeRawBufferPointer { bytes(remainingRange) }

  private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: storage.base + range.lowerBound, count: range.count)
  }

  private func require(_ byteCount: Int) throws(MRDLError) {
    if byteCount < 0 || byteCount > remainingByteCount { throw truncated("\(byteCount)") }
  }

  private func truncated(_ expected: String) -> MRDLError {
    MRDLError(
      .truncatedHDF5, "a structure reaches past the end of the bytes that hold it",
      found: "\(remainingByteCount) bytes left", expected: expected, at: place)
  }

  mutating func skip(byteCount: Int) throws(MRDLError) {
    try require(byteCount)
    byteOffset += byteCount
  }

  /// Reads a little-endian integer.
  private mutating func readInteger<Integer: FixedWidthInteger>(
    _ type: Integer.Type
  ) throws(MRDLError) -> Integer {
    try require(MemoryLayout<Integer>.size)
    let value = UnsafeRawPointer(storage.base).loadUnaligned(
      fromByteOffset: byteOffset, as: Integer.self)
    byteOffset += MemoryLayout<Integer>.size
    return Integer(littleEndian: value)
  }

  mutating func readUInt8() throws(MRDLError) -> UInt8 { try readInteger(UInt8.self) }

  mutating func readUInt16() throws(MRDLError) -> UInt16 { try readInteger(UInt16.self) }

  mutating func readUInt32() throws(MRDLError) -> UInt32 { try readInteger(UInt32.self) }

  mutating func readUInt64() throws(MRDLError) -> UInt64 { try readInteger(UInt64.self) }

  /// Reads an unsigned integer of 1 to 8 bytes.
  ///
  /// - Throws: `MRDL2002` for another number of bytes, which comes from the file.
  mutating func readUnsigned(byteCount: Int) throws(MRDLError) -> UInt64 {
    if byteCount == 8 { return try readUInt64() }
    guard (1...8).contains(byteCount) else {
      throw bad("an integer has an impossible size", found: "\(byteCount) bytes")
    }
    try require(byteCount)
    var value: UInt64 = 0
    for index in 0..<byteCount {
      let byte = UnsafeRawPointer(storage.base).load(
        fromByteOffset: byteOffset + index, as: UInt8.self)
      value |= UInt64(byte) << UInt64(8 * index)
    }
    byteOffset += byteCount
    return value
  }

  /// Reads an address; nil is the undefined one.
  mutating func readAddress() throws(MRDLError) -> UInt64? {
    let byteCount = source.superblock.addressByteCount
    let value = try readUnsigned(byteCount: byteCount)
    return value == Self.undefined(byteCount: byteCount) ? nil : value
  }

  /// Reads a length.
  mutating func readLength() throws(MRDLError) -> UInt64 {
    try readUnsigned(byteCount: source.superblock.lengthByteCount)
  }

  /// Reads `byteCount` bytes.
  mutating func readBytes(byteCount: Int) throws(MRDLError) -> [UInt8] {
    try require(byteCount)
    byteOffset += byteCount
    return Array(bytes((byteOffset - byteCount)..<byteOffset))
  }

  /// A cursor over the next `byteCount` bytes; this one moves past them.
  mutating func readPart(byteCount: Int) throws(MRDLError) -> HDF5Cursor {
    try require(byteCount)
    byteOffset += byteCount
    return HDF5Cursor(source, storage, (byteOffset - byteCount)..<byteOffset)
  }

  /// The same for a number that comes from the file.
  mutating func readPart(byteCount: UInt64) throws(MRDLError) -> HDF5Cursor {
    guard let count = Int(exactly: byteCount) else { throw truncated("\(byteCount)") }
    return try readPart(byteCount: count)
  }

  /// Reads bytes up to a zero byte, which is read too.
  mutating func readTerminatedBytes() throws(MRDLError) -> [UInt8] {
    guard let length = bytes.firstIndex(of: 0) else { throw bad("a text has no end") }
    let text = try readBytes(byteCount: length)
    try skip(byteCount: 1)
    return text
  }

  /// Reads the four letters that a structure begins with.
  mutating func readSignature(_ expected: StaticString) throws(MRDLError) {
    let start = place
    let length = expected.utf8CodeUnitCount
    try require(length)
    let found = bytes(byteOffset..<(byteOffset + length))
    let wanted = UnsafeBufferPointer(start: expected.utf8Start, count: length)
    guard found.elementsEqual(wanted) else {
      throw MRDLError(
        .badHDF5, "a structure has the wrong signature",
        found: String(decoding: found, as: UTF8.self), expected: "\(expected)", at: start)
    }
    byteOffset += length
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
    let place = place
    let computed = HDF5Checksum.lookup3(bytes(start..<byteOffset))
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

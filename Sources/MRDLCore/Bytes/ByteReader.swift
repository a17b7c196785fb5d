/// A bounds-checked cursor over a part of a storage.
///
/// Every read compares its length with what remains before anything else happens. Offsets in errors
/// count from the start of the storage, so that they are offsets in the file.
public struct ByteReader: Sendable {
  /// The bytes that are read.
  public let storage: Storage
  /// The first byte that may be read.
  public let lowerBound: Int
  /// The end of what may be read.
  public let upperBound: Int
  /// The offset in `storage` of the next byte to be read.
  public private(set) var byteOffset: Int
  /// The code of the error when the bytes end early.
  public private(set) var truncationCode: FindingCode

  /// A reader of all bytes of `storage`.
  public init(_ storage: Storage, truncationCode: FindingCode = .truncatedContainer) {
    self.storage = storage
    lowerBound = 0
    upperBound = storage.byteCount
    byteOffset = 0
    self.truncationCode = truncationCode
  }

  private init(_ reader: ByteReader, range: Range<Int>) {
    storage = reader.storage
    lowerBound = range.lowerBound
    upperBound = range.upperBound
    byteOffset = range.lowerBound
    truncationCode = reader.truncationCode
  }

  /// The number of bytes left.
  public var remainingByteCount: Int { upperBound - byteOffset }

  public var isAtEnd: Bool { byteOffset == upperBound }

  /// The same reader with another code for bytes that end early.
  package func reportingTruncation(as code: FindingCode) -> ByteReader {
    var copy = self
    copy.truncationCode = code
    return copy
  }

  /// A reader of the `byteCount` bytes at `byteOffset` of the storage, inside this reader's range.
  public func slice(byteOffset: Int, byteCount: Int) throws(MRDLError) -> ByteReader {
    guard byteOffset >= lowerBound, byteCount >= 0, byteOffset <= upperBound,
      byteCount <= upperBound - byteOffset
    else {
      throw MRDLError(
        truncationCode, "a part reaches outside the bytes that hold it",
        found: "\(byteCount) bytes at \(byteOffset)",
        expected: "a range inside \(lowerBound)..<\(upperBound)", at: place(byteOffset))
    }
    return ByteReader(self, range: byteOffset..<(byteOffset + byteCount))
  }

  /// The same for unsigned 64-bit numbers as files hold them.
  public func slice(byteOffset: UInt64, byteCount: UInt64) throws(MRDLError) -> ByteReader {
    guard let start = Int(exactly: byteOffset), let count = Int(exactly: byteCount) else {
      throw MRDLError(
        truncationCode, "a part reaches outside the bytes that hold it",
        found: "\(byteCount) bytes at \(byteOffset)",
        expected: "a range inside \(lowerBound)..<\(upperBound)",
        at: Place(byteOffset: byteOffset))
    }
    return try slice(byteOffset: start, byteCount: count)
  }

  /// A reader of the next `byteCount` bytes; this reader moves past them.
  public mutating func readSlice(byteCount: Int) throws(MRDLError) -> ByteReader {
    try require(byteCount)
    let part = ByteReader(self, range: byteOffset..<(byteOffset + byteCount))
    byteOffset += byteCount
    return part
  }

  /// Moves past `byteCount` bytes.
  public mutating func skip(byteCount: Int) throws(MRDLError) {
    try require(byteCount)
    byteOffset += byteCount
  }

  /// Moves to an offset of the storage inside this reader's range.
  public mutating func seek(byteOffset: Int) throws(MRDLError) {
    guard byteOffset >= lowerBound, byteOffset <= upperBound else {
      throw MRDLError(
        truncationCode, "a position lies outside the bytes that hold it", found: "\(byteOffset)",
        expected: "\(lowerBound)...\(upperBound)", at: place(byteOffset))
    }
    self.byteOffset = byteOffset
  }

  /// Reads a little-endian integer.
  public mutating func readInteger<Integer: FixedWidthInteger>(
    _ type: Integer.Type = Integer.self
  ) throws(MRDLError) -> Integer {
    try require(MemoryLayout<Integer>.size)
    let value = storage.base.loadUnaligned(fromByteOffset: byteOffset, as: Integer.self)
    byteOffset += MemoryLayout<Integer>.size
    return Integer(littleEndian: value)
  }

  /// Reads a big-endian integer.
  public mutating func readBigEndianInteger<Integer: FixedWidthInteger>(
    _ type: Integer.Type = Integer.self
  ) throws(MRDLError) -> Integer {
    Integer(bigEndian: Integer(littleEndian: try readInteger(type)))
  }

  /// Reads an unsigned little-endian integer of 1 to 8 bytes.
  public mutating func readUnsigned(byteCount: Int) throws(MRDLError) -> UInt64 {
    precondition((1...8).contains(byteCount), "an integer of \(byteCount) bytes")
    try require(byteCount)
    var value: UInt64 = 0
    for index in 0..<byteCount {
      let byte = storage.base.load(fromByteOffset: byteOffset + index, as: UInt8.self)
      value |= UInt64(byte) << UInt64(8 * index)
    }
    byteOffset += byteCount
    return value
  }

  /// Reads `byteCount` bytes as an array.
  public mutating func readBytes(byteCount: Int) throws(MRDLError) -> [UInt8] {
    try require(byteCount)
    let start = byteOffset
    byteOffset += byteCount
    return Array(UnsafeRawBufferPointer(start: storage.base + start, count: byteCount))
  }

  /// Reads all bytes that remain, without moving.
  public var remainingBytes: [UInt8] {
    Array(UnsafeRawBufferPointer(start: storage.base + byteOffset, count: remainingByteCount))
  }

  /// Calls `body` with the bytes that remain, without moving or copying.
  public func withUnsafeRemainingBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: storage.base + byteOffset, count: remainingByteCount))
  }

  /// The place of an offset, for errors.
  public func place(_ byteOffset: Int? = nil) -> Place {
    Place(byteOffset: UInt64(exactly: byteOffset ?? self.byteOffset))
  }

  private func require(_ byteCount: Int) throws(MRDLError) {
    guard byteCount >= 0, byteCount <= remainingByteCount else {
      throw MRDLError(
        truncationCode, "the bytes end early", found: "\(remainingByteCount) bytes left",
        expected: "\(byteCount)", at: place())
    }
  }
}

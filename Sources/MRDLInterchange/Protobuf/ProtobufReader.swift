internal import MRDLCore

/// Reads the fields of one protobuf message, in the order of the file.
///
/// The reader knows the wire format and no message: a number and a payload for each field. Payloads are
/// parts of the storage and are not copied. Every length is compared with the bytes that remain.
struct ProtobufReader {
  private var reader: ByteReader
  /// Whether the message ends where the file ends, so that what is missing was cut off; what is missing in
  /// one inside another is damage.
  private let isFile: Bool

  /// A reader of a message that takes all bytes of `reader`.
  init(_ reader: ByteReader) {
    self.reader = reader.reportingTruncation(as: .badProtobuf)
    isFile = false
  }

  /// A reader of the message that is a file.
  ///
  /// - Parameter truncation: the code of the error where the file ends inside a field.
  init(file storage: Storage, truncation: FindingCode) {
    reader = ByteReader(storage, truncationCode: truncation)
    isFile = true
  }

  /// The next field, or nil at the end of the message.
  ///
  /// - Throws: `MRDL6003` for bytes that are no field, and for the groups of protobuf's first version.
  mutating func next() throws(MRDLError) -> ProtobufField? {
    guard !reader.isAtEnd else { return nil }
    let start = reader.byteOffset
    let key = try reader.readVariableLengthInteger()
    guard key >> 3 > 0, let number = Int32(exactly: key >> 3) else {
      throw MRDLError(
        .badProtobuf, "a field has an impossible number", found: "\(key >> 3)",
        at: reader.place(start))
    }
    let payload: ByteReader
    let encoding: ProtobufField.Encoding
    switch key & 7 {
    case 0:
      encoding = .variableLengthInteger
      let value = reader.byteOffset
      _ = try reader.readVariableLengthInteger()
      payload = try reader.slice(byteOffset: value, byteCount: reader.byteOffset - value)
    case 1:
      encoding = .fixed64
      payload = try reader.readSlice(byteCount: 8)
    case 2:
      encoding = .bytes
      let byteCount = try reader.readVariableLengthInteger()
      guard let byteCount = Int(exactly: byteCount), byteCount <= reader.remainingByteCount else {
        if isFile { throw truncated(number, byteCount, at: start) }
        throw MRDLError(
          .badProtobuf, "a field is longer than the message that holds it",
          found: "\(byteCount) bytes", expected: "at most \(reader.remainingByteCount)",
          at: reader.place(start))
      }
      payload = try reader.readSlice(byteCount: byteCount)
    case 5:
      encoding = .fixed32
      payload = try reader.readSlice(byteCount: 4)
    default:
      throw MRDLError(
        .badProtobuf, "a field has a wire type that is not known", found: "\(key & 7)",
        expected: "0, 1, 2 or 5", at: reader.place(start))
    }
    return ProtobufField(number: Int(number), encoding: encoding, payload: payload)
  }

  /// The error of a file that ends inside a field of bytes.
  private func truncated(_ number: Int32, _ byteCount: UInt64, at start: Int) -> MRDLError {
    let end = UInt64(reader.byteOffset).addingReportingOverflow(byteCount)
    return MRDLError(
      reader.truncationCode, "the file is cut short inside field \(number)",
      found: Quantity.count(reader.upperBound, "byte"),
      expected: end.overflow
        ? "more" : "at least \(Quantity.grouped(Int(clamping: end.partialValue)))",
      at: reader.place(start))
  }
}

/// One field of a protobuf message.
struct ProtobufField {
  /// How the payload is written.
  enum Encoding: Sendable {
    case variableLengthInteger
    case fixed64
    case bytes
    case fixed32
  }

  let number: Int
  let encoding: Encoding
  /// The bytes of the value; for `bytes` without the length before them.
  let payload: ByteReader

  /// An integer of 64 bits, which every integer, flag and enumeration is on the wire.
  func integer() throws(MRDLError) -> Int64 {
    try require(.variableLengthInteger)
    var reader = payload
    return Int64(bitPattern: try reader.readVariableLengthInteger())
  }

  /// A number of type `float`.
  func float() throws(MRDLError) -> Float {
    try require(.fixed32)
    var reader = payload
    return Float(bitPattern: try reader.readInteger())
  }

  /// A message inside this one.
  func message() throws(MRDLError) -> ProtobufReader {
    try require(.bytes)
    return ProtobufReader(payload)
  }

  /// Bytes as they stand in the file.
  func bytes() throws(MRDLError) -> ByteReader {
    try require(.bytes)
    return payload
  }

  /// Text; the place of a byte that is not UTF-8 is taken by U+FFFD.
  func text() throws(MRDLError) -> String {
    try bytes().withUnsafeRemainingBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// Appends the integers of a repeated field, packed or not.
  func appendIntegers(to values: inout [Int64]) throws(MRDLError) {
    guard encoding == .bytes else { return values.append(try integer()) }
    var reader = payload
    while !reader.isAtEnd {
      values.append(Int64(bitPattern: try reader.readVariableLengthInteger()))
    }
  }

  /// Appends the floats of a repeated field, packed or not.
  func appendFloats(to values: inout [Float]) throws(MRDLError) {
    guard encoding == .bytes else { return values.append(try float()) }
    var reader = payload.reportingTruncation(as: .badProtobuf)
    while !reader.isAtEnd { values.append(Float(bitPattern: try reader.readInteger())) }
  }

  private func require(_ expected: Encoding) throws(MRDLError) {
    guard encoding == expected else {
      throw MRDLError(
        .badProtobuf, "a field is not written as its type demands",
        found: "field \(number) as \(encoding)", expected: "\(expected)", at: payload.place())
    }
  }
}

extension ByteReader {
  /// Reads an integer in groups of seven bits, the lowest first.
  ///
  /// - Throws: `MRDL6003` for one of more than 64 bits.
  mutating func readVariableLengthInteger() throws(MRDLError) -> UInt64 {
    var value: UInt64 = 0
    let start = byteOffset
    for position in 0..<10 {
      let byte = try readInteger(UInt8.self)
      value |= UInt64(byte & 0x7F) << UInt64(7 * position)
      if byte < 0x80 { return value }
    }
    throw MRDLError(
      .badProtobuf, "an integer has more than 64 bits", at: place(start))
  }
}

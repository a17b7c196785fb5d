import MRDLCore

/// The type of the elements of a data set or an attribute (specification IV.A.2.d).
package struct HDF5Datatype: Sendable, Hashable, CustomStringConvertible {
  /// What follows a text that is shorter than its field.
  package enum Padding: UInt8, Sendable, Hashable {
    case terminatedByNull = 0
    case nulls = 1
    case spaces = 2
  }

  /// What the bytes of an element mean.
  package enum Content: Sendable, Hashable {
    /// A number, or a truth value as h5py stores it.
    case number(ScalarType, isBigEndian: Bool)
    /// A text in a field of fixed size.
    case fixedString(Padding)
    /// The place of a text in the global heap.
    case variableString
    /// Something that can be listed, but not read; the name is for people.
    case other(String)
  }

  /// Bytes of one element.
  package let byteCount: Int
  package let content: Content

  /// The scalar type of numbers.
  package var scalarType: ScalarType? {
    if case .number(let type, _) = content { type } else { nil }
  }

  /// Whether the elements are texts.
  package var isString: Bool {
    switch content {
    case .fixedString, .variableString: true
    case .number, .other: false
    }
  }

  /// Whether the bytes are as this machine has them in memory.
  package var isNative: Bool {
    guard case .number(let type, let isBigEndian) = content else { return false }
    return type.bitWidth <= 8 || !isBigEndian
  }

  package var description: String {
    switch content {
    case .number(let type, let isBigEndian):
      type.bitWidth > 8 && isBigEndian ? "\(type.rawValue), big-endian" : type.rawValue
    case .fixedString: "text of \(byteCount) bytes"
    case .variableString: "text"
    case .other(let name): name
    }
  }
}

// MARK: Decoding

extension HDF5Datatype {
  /// The first eight bytes of every datatype message.
  private struct Prefix {
    let version: UInt8
    let kind: UInt8
    let bits: UInt32
    let byteCount: Int

    init(_ cursor: inout HDF5Cursor) throws(MRDLError) {
      let word = try cursor.readUInt32()
      version = UInt8(word >> 4 & 0x0F)
      kind = UInt8(word & 0x0F)
      bits = word >> 8
      byteCount = Int(try cursor.readUInt32())
      guard (1...5).contains(version) else {
        throw cursor.unsupported(
          "the version of a datatype is not known", found: "\(version)", expected: "1 to 5")
      }
      guard byteCount > 0 else { throw cursor.bad("a datatype has no bytes") }
    }
  }

  init(_ message: HDF5Cursor) throws(MRDLError) {
    var cursor = message
    let prefix = try Prefix(&cursor)
    byteCount = prefix.byteCount
    switch prefix.kind {
    case 0: content = try Self.integer(prefix, &cursor)
    case 1: content = try Self.floatingPoint(prefix, &cursor)
    case 2: content = .other("time")
    case 3: content = try Self.fixedString(prefix, cursor)
    case 4: content = .other("bit field of \(8 * prefix.byteCount) bits")
    case 5: content = .other("opaque data of \(prefix.byteCount) bytes")
    case 6: content = .other("compound of \(prefix.bits & 0xFFFF) members")
    case 7: content = .other("reference")
    case 8: content = try Self.enumeration(prefix, &cursor)
    case 9: content = try Self.variableLength(prefix, cursor)
    case 10: content = .other("array of \(prefix.byteCount) bytes")
    case 11: content = .other("complex number of \(8 * prefix.byteCount) bits")
    default:
      throw message.unsupported("a class of datatypes is not known", found: "\(prefix.kind)")
    }
  }

  private static func integer(
    _ prefix: Prefix, _ cursor: inout HDF5Cursor
  ) throws(MRDLError) -> Content {
    let bitOffset = try cursor.readUInt16()
    let bitCount = Int(try cursor.readUInt16())
    let isSigned = prefix.bits & 0x08 != 0
    let type: ScalarType? =
      switch prefix.byteCount {
      case 1: isSigned ? .int8 : .uint8
      case 2: isSigned ? .int16 : .uint16
      case 4: isSigned ? .int32 : .uint32
      case 8: isSigned ? .int64 : .uint64
      default: nil
      }
    guard let type, bitOffset == 0, bitCount == 8 * prefix.byteCount else {
      return .other("integer of \(bitCount) bits in \(prefix.byteCount) bytes")
    }
    return .number(type, isBigEndian: prefix.bits & 0x01 != 0)
  }

  /// The fields by which formats of real numbers are told apart.
  private struct RealFormat: Equatable {
    let byteCount: Int
    let sign: UInt8
    let exponent: UInt8
    let exponentSize: UInt8
    let mantissaSize: UInt8
    let bias: UInt32

    static let known: [(format: RealFormat, type: ScalarType)] = [
      (
        RealFormat(
          byteCount: 8, sign: 63, exponent: 52, exponentSize: 11, mantissaSize: 52, bias: 1023),
        .float64
      ),
      (
        RealFormat(
          byteCount: 4, sign: 31, exponent: 23, exponentSize: 8, mantissaSize: 23, bias: 127),
        .float32
      ),
      (
        RealFormat(
          byteCount: 2, sign: 15, exponent: 10, exponentSize: 5, mantissaSize: 10, bias: 15),
        .float16
      ),
      (
        RealFormat(
          byteCount: 2, sign: 15, exponent: 7, exponentSize: 8, mantissaSize: 7, bias: 127),
        .bfloat16
      ),
      (
        RealFormat(
          byteCount: 1, sign: 7, exponent: 3, exponentSize: 4, mantissaSize: 3, bias: 7),
        .float8E4M3FN
      ),
      (
        RealFormat(
          byteCount: 1, sign: 7, exponent: 2, exponentSize: 5, mantissaSize: 2, bias: 15),
        .float8E5M2
      ),
    ]
  }

  private static func floatingPoint(
    _ prefix: Prefix, _ cursor: inout HDF5Cursor
  ) throws(MRDLError) -> Content {
    let bitOffset = try cursor.readUInt16()
    let bitCount = Int(try cursor.readUInt16())
    let exponent = try cursor.readUInt8()
    let exponentSize = try cursor.readUInt8()
    let mantissa = try cursor.readUInt8()
    let mantissaSize = try cursor.readUInt8()
    let bias = try cursor.readUInt32()
    let format = RealFormat(
      byteCount: prefix.byteCount, sign: UInt8(prefix.bits >> 8 & 0xFF), exponent: exponent,
      exponentSize: exponentSize, mantissaSize: mantissaSize, bias: bias)
    let hasImpliedBit = prefix.bits >> 4 & 0x03 == 2
    let isVAX = prefix.bits & 0x40 != 0
    guard let type = RealFormat.known.first(where: { $0.format == format })?.type, bitOffset == 0,
      mantissa == 0,
      bitCount == 8 * prefix.byteCount, hasImpliedBit, !isVAX
    else { return .other("real number of \(bitCount) bits in a format of its own") }
    return .number(type, isBigEndian: prefix.bits & 0x01 != 0)
  }

  private static func fixedString(
    _ prefix: Prefix, _ cursor: HDF5Cursor
  ) throws(MRDLError) -> Content {
    guard let padding = Padding(rawValue: UInt8(prefix.bits & 0x0F)) else {
      throw cursor.bad("a text has an unknown padding", found: "\(prefix.bits & 0x0F)")
    }
    return .fixedString(padding)
  }

  private static func variableLength(
    _ prefix: Prefix, _ cursor: HDF5Cursor
  ) throws(MRDLError) -> Content {
    switch prefix.bits & 0x0F {
    case 0: return .other("list of variable length")
    case 1:
      // A count of four bytes, an address and an index of four bytes.
      let expected = 8 + cursor.source.superblock.addressByteCount
      guard prefix.byteCount == expected else {
        throw cursor.bad(
          "a text of variable length has the wrong size", found: "\(prefix.byteCount) bytes",
          expected: "\(expected)")
      }
      return .variableString
    default:
      throw cursor.bad("a variable-length type is not known", found: "\(prefix.bits & 0x0F)")
    }
  }

  /// An enumeration; one of FALSE = 0 and TRUE = 1 in a byte is how h5py stores truth values.
  private static func enumeration(
    _ prefix: Prefix, _ cursor: inout HDF5Cursor
  ) throws(MRDLError) -> Content {
    let count = Int(prefix.bits & 0xFFFF)
    let other = Content.other("enumeration of \(count) names")
    let base = try Prefix(&cursor)
    guard base.kind == 0, base.byteCount == 1, prefix.byteCount == 1, count == 2 else {
      return other
    }
    // Bit offset and precision of the integer.
    try cursor.skip(byteCount: 4)
    var names: [[UInt8]] = []
    for _ in 0..<count {
      let name = try cursor.readTerminatedBytes()
      // Before version 3, names are padded to a multiple of eight bytes.
      if prefix.version < 3 { try cursor.skip(byteCount: 7 - name.count % 8) }
      names.append(name)
    }
    let values = try cursor.readBytes(byteCount: count)
    let table = zip(names, values).map { "\(String(decoding: $0, as: UTF8.self))=\($1)" }
    guard Set(table) == ["FALSE=0", "TRUE=1"] else { return other }
    return .number(.bool, isBigEndian: false)
  }
}

import MRDLCompression
import MRDLCore

/// One chunk of a PNG (5.3), with its CRC found right.
struct PNGChunk {
  /// Four letters.
  let type: String
  /// Where the chunk begins in the file.
  let byteOffset: Int
  /// Where its data lies in the file.
  let data: Range<Int>

  private let reader: ByteReader

  /// Reads the next chunk.
  ///
  /// - Throws: `MRDL3002` where it is cut short, has an impossible type or a wrong CRC.
  init(from reader: inout ByteReader) throws(MRDLError) {
    byteOffset = reader.byteOffset
    let place = reader.place()
    let length = try reader.readBigEndianInteger(UInt32.self)
    let checked = reader
    let letters = try reader.readBytes(byteCount: 4)
    let isLetters = letters.allSatisfy { byte in
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & ~0x20)
    }
    guard isLetters else {
      throw MRDLError(
        .badImage, "the type of a PNG chunk is not four letters",
        found: letters.map { String($0, radix: 16) }.joined(separator: " "), at: place)
    }
    type = String(decoding: letters, as: UTF8.self)
    guard length <= UInt32(Int32.max) else {
      throw MRDLError(
        .badImage, "a PNG chunk is too long", found: "\(length) bytes",
        expected: "at most \(Int32.max)", at: Place(path: type, byteOffset: UInt64(byteOffset)))
    }
    self.reader = try reader.readSlice(byteCount: Int(length))
    data = self.reader.lowerBound..<self.reader.upperBound
    let stated = try reader.readBigEndianInteger(UInt32.self)
    let actual = try checked.slice(
      byteOffset: checked.byteOffset, byteCount: 4 + Int(length)
    ).withUnsafeRemainingBytes { Checksum.crc32($0) }
    guard actual == stated else {
      throw MRDLError(
        .badImage, "a PNG chunk has a wrong checksum", found: String(actual, radix: 16),
        expected: String(stated, radix: 16), at: self.place)
    }
  }

  /// Whether a decoder that does not know the chunk must not go on (5.4).
  var isCritical: Bool { (type.utf8.first ?? 0) & 0x20 == 0 }

  var place: Place { Place(path: type, byteOffset: UInt64(byteOffset)) }

  /// The data, which must have the given number of bytes.
  func content(byteCount: Int) throws(MRDLError) -> ByteReader {
    guard data.count == byteCount else {
      throw MRDLError(
        .badImage, "a PNG chunk has a wrong length", found: "\(data.count) bytes",
        expected: "\(byteCount)", at: place)
    }
    return reader
  }

  /// The data as an array.
  var bytes: [UInt8] { reader.remainingBytes }
}

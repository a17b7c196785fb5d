import MRDLCore

/// Reads the words of a netpbm file: white space separates them, a comment runs from `#` to the line end.
struct PNMScanner {
  private let bytes: UnsafeRawBufferPointer
  private(set) var byteOffset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var place: Place { Place(byteOffset: UInt64(byteOffset)) }

  /// The bytes that have not been read.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[byteOffset...]) }

  /// The digit after `P`; in a PAM file, its whole line is read.
  mutating func magic() throws(MRDLError) -> Int {
    guard bytes.count >= 2, bytes[0] == UInt8(ascii: "P"),
      (UInt8(ascii: "1")...UInt8(ascii: "7")).contains(bytes[1])
    else { throw MRDLError(.badImage, "no netpbm picture", expected: "P1 to P7", at: place) }
    byteOffset = 2
    let kind = Int(bytes[1] - UInt8(ascii: "0"))
    if kind == 7 { _ = try line() }
    return kind
  }

  /// A number after white space and comments.
  mutating func number(upTo greatest: Int, _ name: StaticString) throws(MRDLError) -> Int {
    skipSpace()
    let start = byteOffset
    var value = 0
    while byteOffset < bytes.count, let digit = Self.digit(bytes[byteOffset]) {
      value = 10 * value + digit
      byteOffset += 1
      guard value <= greatest else {
        throw MRDLError(
          .badImage, "a number in a netpbm picture is too large: \(name)",
          expected: "at most \(greatest)", at: Place(byteOffset: UInt64(start)))
      }
    }
    guard byteOffset > start else { throw unexpected("\(name)") }
    return value
  }

  /// A single digit after white space and comments, as the samples of a plain bitmap.
  mutating func bit() throws(MRDLError) -> Int {
    skipSpace()
    guard byteOffset < bytes.count, let digit = Self.digit(bytes[byteOffset]), digit <= 1 else {
      throw unexpected("0 or 1")
    }
    byteOffset += 1
    return digit
  }

  /// The white space between header and binary samples; a comment before it counts as a part of it.
  mutating func separator() throws(MRDLError) {
    if byteOffset < bytes.count, bytes[byteOffset] == UInt8(ascii: "#") { skipComment() }
    guard byteOffset < bytes.count, PNMHeader.isSpace(bytes[byteOffset]) else {
      throw unexpected("white space")
    }
    byteOffset += 1
  }

  /// The rest of the line, without its end.
  mutating func line() throws(MRDLError) -> String {
    let start = byteOffset
    let longest = min(bytes.count, start + 4096)
    while byteOffset < longest, bytes[byteOffset] != 0x0A { byteOffset += 1 }
    guard byteOffset < longest else { throw unexpected("the end of a line") }
    byteOffset += 1
    return String(
      decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<(byteOffset - 1)]), as: UTF8.self)
  }

  private mutating func skipSpace() {
    while byteOffset < bytes.count {
      if PNMHeader.isSpace(bytes[byteOffset]) {
        byteOffset += 1
      } else if bytes[byteOffset] == UInt8(ascii: "#") {
        skipComment()
      } else {
        return
      }
    }
  }

  /// Moves to the end of the line.
  private mutating func skipComment() {
    while byteOffset < bytes.count, bytes[byteOffset] != 0x0A, bytes[byteOffset] != 0x0D {
      byteOffset += 1
    }
  }

  private static func digit(_ byte: UInt8) -> Int? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
  }

  private func unexpected(_ expected: String) -> MRDLError {
    let found = byteOffset < bytes.count ? "byte \(bytes[byteOffset])" : "the end"
    return MRDLError(
      .badImage, "a netpbm picture is damaged", found: found, expected: expected, at: place)
  }
}

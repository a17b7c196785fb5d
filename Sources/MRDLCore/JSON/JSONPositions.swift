/// Where the values of a JSON text stand, for messages about texts that people write.
///
/// Complexity: O(n) in the bytes of the text, once.
package struct JSONPositions: Sendable {
  /// Where each member's key and each element begins, by its JSON pointer.
  private var positions: [String: TextPosition] = ["": .start]

  /// - Parameter text: a text that `JSONParser` takes; of another one, what comes before its mistake.
  package init(_ text: String) {
    var scanner = Scanner(bytes: Array(text.utf8))
    scanner.scanValue("")
    positions.merge(scanner.positions) { $1 }
  }

  /// Positions that are known.
  ///
  /// - Parameter positions: by JSON pointer.
  package init(_ positions: [String: TextPosition]) {
    self.positions.merge(positions) { $1 }
  }

  /// The position of a value, or of the innermost one around it that the text has.
  package func position(of pointer: String) -> TextPosition {
    var pointer = pointer[...]
    while true {
      if let position = positions[String(pointer)] { return position }
      guard let slash = pointer.lastIndex(of: "/") else { return .start }
      pointer = pointer[..<slash]
    }
  }
}

/// Walks over a text without taking in its values.
private struct Scanner {
  let bytes: [UInt8]
  var positions: [String: TextPosition] = [:]
  private var offset = 0
  private var position = TextPosition.start
  private var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func advance() {
    if let byte { position.advance(over: byte) }
    offset += 1
  }

  private mutating func skipSpace() {
    while let byte, byte <= UInt8(ascii: " ") { advance() }
  }

  mutating func scanValue(_ pointer: String) {
    // What the parser refuses need not be walked over.
    guard depth <= Limits.standard.nestingDepth else { return }
    depth += 1
    defer { depth -= 1 }
    skipSpace()
    switch byte {
    case UInt8(ascii: "{"):
      scanList(until: UInt8(ascii: "}")) { scanner, _ in
        let start = scanner.position
        let key = scanner.scanString()
        scanner.skipSpace()
        guard scanner.byte == UInt8(ascii: ":") else { return }
        scanner.advance()
        let member = pointer + "/" + JSONCursor.pointerPart(key)
        scanner.positions[member] = start
        scanner.scanValue(member)
      }
    case UInt8(ascii: "["):
      scanList(until: UInt8(ascii: "]")) { scanner, index in
        scanner.positions["\(pointer)/\(index)"] = scanner.position
        scanner.scanValue("\(pointer)/\(index)")
      }
    case UInt8(ascii: "\""): _ = scanString()
    default:
      while let byte, byte > UInt8(ascii: " "), !",]}".utf8.contains(byte) { advance() }
    }
  }

  private mutating func scanList(
    until end: UInt8, _ element: (inout Scanner, Int) -> Void
  ) {
    advance()
    var index = 0
    while true {
      skipSpace()
      guard let byte, byte != end else { break }
      let before = offset
      element(&self, index)
      skipSpace()
      if self.byte == UInt8(ascii: ",") { advance() }
      // What cannot be understood is the parser's to report.
      guard offset > before else { return }
      index += 1
    }
    advance()
  }

  /// The text between quotation marks; of a mistaken escape, which is the parser's to report, as it is written.
  private mutating func scanString() -> String {
    guard byte == UInt8(ascii: "\"") else { return "" }
    advance()
    let start = offset
    while let byte, byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") { advance() }
      advance()
    }
    let content = bytes[start..<min(offset, bytes.count)]
    let text = String(decoding: content, as: UTF8.self)
    advance()
    guard content.contains(UInt8(ascii: "\\")),
      case .string(let plain)? = try? JSONParser.parse("\"\(text)\"")
    else { return text }
    return plain
  }
}

/// The lines on which the values of a JSON text stand, for messages about texts that people write.
///
/// Complexity: O(n) in the bytes of the text, once.
package struct JSONLines: Sendable {
  /// The line of each member's key and of each element, by its JSON pointer.
  private var lines: [String: Int] = ["": 1]
  private let newlines: [Int]

  /// - Parameter text: a text that `JSONParser` takes; of another one, what comes before its mistake.
  package init(_ text: String) {
    let bytes = Array(text.utf8)
    newlines = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
    var scanner = Scanner(bytes: bytes)
    scanner.scanValue("")
    lines.merge(scanner.lines) { $1 }
  }

  /// The line of a value, or of the innermost one around it that the text has.
  package func line(of pointer: String) -> Int {
    var pointer = pointer[...]
    while true {
      if let line = lines[String(pointer)] { return line }
      guard let slash = pointer.lastIndex(of: "/") else { return 1 }
      pointer = pointer[..<slash]
    }
  }

  /// The line that a byte belongs to.
  ///
  /// - Complexity: O(lines).
  package func line(ofByte offset: UInt64) -> Int {
    newlines.prefix { UInt64($0) < offset }.count + 1
  }
}

/// Walks over a text without taking in its values.
private struct Scanner {
  let bytes: [UInt8]
  var lines: [String: Int] = [:]
  private var position = 0
  private var line = 1

  init(bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func advance() {
    if byte == UInt8(ascii: "\n") { line += 1 }
    position += 1
  }

  private mutating func skipSpace() {
    while let byte, byte <= UInt8(ascii: " ") { advance() }
  }

  mutating func scanValue(_ pointer: String) {
    skipSpace()
    switch byte {
    case UInt8(ascii: "{"):
      scanList(until: UInt8(ascii: "}")) { scanner, _ in
        let line = scanner.line
        let key = scanner.scanString()
        scanner.skipSpace()
        guard scanner.byte == UInt8(ascii: ":") else { return }
        scanner.advance()
        let member = pointer + "/" + JSONCursor.pointerPart(key)
        scanner.lines[member] = line
        scanner.scanValue(member)
      }
    case UInt8(ascii: "["):
      scanList(until: UInt8(ascii: "]")) { scanner, index in
        scanner.lines["\(pointer)/\(index)"] = scanner.line
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
      let before = position
      element(&self, index)
      skipSpace()
      if self.byte == UInt8(ascii: ",") { advance() }
      // What cannot be understood is the parser's to report.
      guard position > before else { return }
      index += 1
    }
    advance()
  }

  /// The text between quotation marks, with its escapes as they are written.
  private mutating func scanString() -> String {
    guard byte == UInt8(ascii: "\"") else { return "" }
    advance()
    let start = position
    while let byte, byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") { advance() }
      advance()
    }
    let text = String(decoding: bytes[start..<min(position, bytes.count)], as: UTF8.self)
    advance()
    return text
  }
}

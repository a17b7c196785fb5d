/// A place in a text that people write.
package struct TextPosition: Sendable, Hashable {
  /// From 1.
  package var line: Int
  /// The Unicode scalars before it on its line, and 1.
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static let start = TextPosition(line: 1, column: 1)

  /// The position of a byte in a text.
  ///
  /// - Complexity: O(offset).
  package init(ofByte offset: Int, in text: some Sequence<UInt8>) {
    self = .start
    for byte in text.prefix(offset) { advance(over: byte) }
  }

  /// Goes on behind a byte of UTF-8.
  package mutating func advance(over byte: UInt8) {
    if byte == UInt8(ascii: "\n") {
      line += 1
      column = 1
    } else if byte & 0xC0 != 0x80 {
      column += 1
    }
  }
}

extension Place {
  /// A position in a text.
  package init(_ position: TextPosition?) {
    self.init(line: position?.line, column: position?.column)
  }

  /// The same place at a position in its text.
  package func at(_ position: TextPosition?) -> Place {
    var place = self
    place.line = position?.line
    place.column = position?.column
    return place
  }
}

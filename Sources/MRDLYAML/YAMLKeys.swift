internal import MRDLCore

/// Refuses keys that are no words before a text is parsed: the parser hashes, compares and sorts keys with
/// everything in them and everything that their aliases stand for, which may take forever for a few lines.
///
/// A key is another thing behind `?`, before a colon behind `]` or `}`, or where it is an alias. Quotation marks and
/// comments are not told from the rest, which would take a second parser that agrees with the first one.
struct YAMLKeys {
  /// What the last bytes may belong to.
  private enum State {
    case other
    /// The name of an anchor.
    case anchor
    /// The name of an alias.
    case alias
    /// An alias or the end of a collection, and white space maybe.
    case end
  }

  private var position = TextPosition.start
  private var state = State.other
  private var before = UInt8(ascii: "\n")

  /// - Throws: `MRDL1108`.
  /// - Complexity: O(n) in the bytes of the text.
  static func check(_ text: String) throws(MRDLError) {
    var keys = YAMLKeys()
    for byte in text.utf8 {
      guard keys.take(byte) else {
        throw MRDLError(
          .badYAML, "a key is not a word, or a text looks as if one were not",
          found: "'\(Character(Unicode.Scalar(byte)))'",
          expected: #"a word before the colon; in a text, "\x3f" for ? and "\x3a" for :"#,
          at: Place(keys.position))
      }
      keys.position.advance(over: byte)
      keys.before = byte
    }
  }

  /// - Returns: false where a key may be no word.
  private mutating func take(_ byte: UInt8) -> Bool {
    let isStart = Self.isSpace(before) || "[]{},:?-".utf8.contains(before)
    switch byte {
    case UInt8(ascii: "?"): return !isStart && state != .anchor && state != .alias
    case UInt8(ascii: ":"): return state != .alias && state != .end
    case UInt8(ascii: "&") where isStart: state = .anchor
    case UInt8(ascii: "*") where isStart: state = .alias
    case UInt8(ascii: "]"), UInt8(ascii: "}"): state = .end
    case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{"): state = .other
    case _ where Self.isSpace(byte): state = state == .alias || state == .end ? .end : .other
    default: if state == .end { state = .other }
    }
    return true
  }

  /// YAML has white space beyond ASCII, too.
  private static func isSpace(_ byte: UInt8) -> Bool { byte <= UInt8(ascii: " ") || byte >= 0x80 }
}

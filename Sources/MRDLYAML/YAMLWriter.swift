package import MRDLCore

/// Writes JSON values as YAML that `YAMLText` reads back: what fits on a line in flow style, everything else in blocks.
///
/// Complexity: O(n · d) in the size and the depth of the value.
package struct YAMLWriter {
  /// Where a line ends at the latest if it can be broken.
  private static let lineWidth = 88

  private var text = ""

  /// The value as a text that ends with a line feed.
  package static func text(_ value: JSONValue) -> String {
    var writer = YAMLWriter()
    switch value {
    case .object(let members) where !members.isEmpty: writer.write(members, indentation: 0)
    case .array(let elements) where !elements.isEmpty: writer.write(elements, indentation: 0)
    default: writer.text = flow(value) + "\n"
    }
    return writer.text
  }

  private mutating func write(_ members: [JSONMember], indentation: Int, continues: Bool = false) {
    for (index, member) in members.enumerated() {
      if index > 0 || !continues { indent(indentation) }
      text += Self.word(member.key) + ":"
      write(member.value, indentation: indentation, isMember: true)
    }
  }

  private mutating func write(_ elements: [JSONValue], indentation: Int) {
    for element in elements {
      indent(indentation)
      text += "-"
      write(element, indentation: indentation, isMember: false)
    }
  }

  /// What follows a colon or a dash.
  private mutating func write(_ value: JSONValue, indentation: Int, isMember: Bool) {
    let line = Self.flow(value)
    let start = text.utf8.reversed().prefix { $0 != UInt8(ascii: "\n") }.count
    if start + 1 + line.utf8.count <= Self.lineWidth {
      text += " " + line + "\n"
      return
    }
    switch value {
    case .object(let members) where !members.isEmpty:
      text += isMember ? "\n" : " "
      write(members, indentation: indentation + 2, continues: !isMember)
    case .array(let elements) where !elements.isEmpty:
      text += "\n"
      write(elements, indentation: indentation + 2)
    default: text += " " + line + "\n"
    }
  }

  private mutating func indent(_ count: Int) { text += String(repeating: " ", count: count) }

  // MARK: One line

  private static func flow(_ value: JSONValue) -> String {
    switch value {
    case .object(let members):
      "{" + members.map { word($0.key) + ": " + flow($0.value) }.joined(separator: ", ") + "}"
    case .array(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
    case .string(let string): word(string)
    default: value.text()
    }
  }

  /// A string as a plain word where it is one to every reader, those of YAML 1.1 among them, else in quotation marks.
  private static func word(_ string: String) -> String {
    let bytes = Array(string.utf8)
    let isPlain =
      bytes.first.map(isLetter) == true
      && bytes.allSatisfy { isLetter($0) || isDigit($0) || "_-./".utf8.contains($0) }
    let keywords: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    if isPlain, !keywords.contains(string.lowercased()) { return string }
    return JSONValue.string(string).text().unicodeScalars.reduce(into: "") { $0 += escaped($1) }
  }

  /// A character between quotation marks: brackets and indicators would look as if a key were no word, and YAML has line
  /// feeds beyond ASCII.
  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "?", "*", "&", "]", "}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}",
      "\u{FFFE}", "\u{FFFF}":
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: return String(scalar)
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

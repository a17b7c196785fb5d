internal import MRDLCore
internal import Yams

/// A scalar by the core schema (YAML 1.2.2, section 10.3.2).
struct YAMLScalar {
  let value: JSONValue

  /// - Throws: `MRDL1108` for infinities, NaN and tags other than `!!str`.
  init(_ scalar: Node.Scalar) throws(MRDLError) {
    let place = Place(scalar.mark.map(TextPosition.init))
    try scalar.tag.check(isOr: "str", expected: "no tag, or !!str", at: place)
    guard scalar.tag.description.isEmpty, scalar.style == .plain else {
      value = .string(scalar.string)
      return
    }
    switch scalar.string {
    case "", "~", "null", "Null", "NULL": value = .null
    case "true", "True", "TRUE": value = .bool(true)
    case "false", "False", "FALSE": value = .bool(false)
    default:
      let text = scalar.string
      if Self.isNotFinite(text) {
        throw MRDLError(
          .badYAML, "a number is not finite", found: text, expected: "a finite number",
          at: place)
      }
      if let number = Self.number(text) {
        guard Self.isFinite(number) else {
          throw MRDLError(
            .badYAML, "a number is too large", found: text, expected: "a finite number",
            at: place)
        }
        value = number
      } else {
        value = .string(text)
      }
    }
  }

  private static func isFinite(_ value: JSONValue) -> Bool {
    if case .number(let number) = value { number.isFinite } else { true }
  }

  private static func isNotFinite(_ text: String) -> Bool {
    let word = text.first.map { "+-".contains($0) } == true ? text.dropFirst() : text[...]
    return [".inf", ".Inf", ".INF"].contains(word) || [".nan", ".NaN", ".NAN"].contains(text)
  }

  /// nil where the text is a word.
  static func number(_ text: String) -> JSONValue? {
    let bytes = Array(text.utf8)
    for (prefix, radix) in [("0o", 8), ("0x", 16)] where text.hasPrefix(prefix) {
      let digits = text.dropFirst(2)
      guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
      return Int64(digits, radix: radix).map { .integer($0) }
    }
    var place =
      bytes.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } == true ? 1 : 0
    func digits() -> Int {
      let start = place
      while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) {
        place += 1
      }
      return place - start
    }
    let whole = digits()
    if whole > 0, place == bytes.count {
      return Int64(text).map { .integer($0) } ?? Double(text).map { .number($0) }
    }
    var fraction = 0
    if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
      place += 1
      fraction = digits()
    }
    guard whole + fraction > 0 else { return nil }
    if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
      place += 1
      if place < bytes.count, bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: "+")
      {
        place += 1
      }
      guard digits() > 0 else { return nil }
    }
    guard place == bytes.count else { return nil }
    // `1.` and `.5` are numbers here, and not all of them to every parser.
    return Double(completed(text)).map { .number($0) }
  }

  /// A number with a digit on both sides of its point.
  private static func completed(_ text: String) -> String {
    guard let point = text.firstIndex(of: ".") else { return text }
    let (head, tail) = (text[..<point], text[text.index(after: point)...])
    let left = head.last?.isNumber == true ? String(head) : head + "0"
    let right = tail.first?.isNumber == true ? String(tail) : "0" + tail
    return left + "." + right
  }
}

extension Tag {
  /// - Parameter known: the tag of YAML that may stand there.
  /// - Throws: `MRDL1108` for any other one.
  func check(isOr known: String, expected: String, at place: Place) throws(MRDLError) {
    let name = description
    guard name.isEmpty || name == "!" || name == "tag:yaml.org,2002:" + known else {
      throw MRDLError(
        .badYAML, "a tag is not known", found: String(name.prefix(80)), expected: expected,
        at: place)
    }
  }
}

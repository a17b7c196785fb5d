/// Parses JSON text (RFC 8259) with bounded depth and size; duplicate keys are errors.
///
/// Complexity: O(n) in the bytes of the text, plus a hash set an object.
public struct JSONParser {
  private let text: UnsafeRawBufferPointer
  private let limits: Limits
  private let place: Place
  private var position = 0
  private var valueCount = 0

  /// Parses one value, with nothing but white space around it.
  ///
  /// - Parameter place: what errors name as their place; the byte offset is added to its own.
  /// - Throws: `MRDL1101` for text that is not JSON, `MRDL1102` past a limit, `MRDL1106` for a
  ///   duplicate key; each with the byte offset.
  public static func parse(
    _ text: UnsafeRawBufferPointer, limits: Limits = .standard, place: Place = .unknown
  ) throws(MRDLError) -> JSONValue {
    var parser = JSONParser(text: text, limits: limits, place: place)
    parser.skipSpace()
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    if parser.position < text.count { throw parser.syntaxError("the end of the text") }
    return value
  }

  /// Parses one value, with nothing but white space around it.
  public static func parse(
    _ text: String, limits: Limits = .standard, place: Place = .unknown
  ) throws(MRDLError) -> JSONValue {
    try Array(text.utf8).withRawBytes { (bytes) throws(MRDLError) in
      try parse(bytes, limits: limits, place: place)
    }
  }

  private init(text: UnsafeRawBufferPointer, limits: Limits, place: Place) {
    self.text = text
    self.limits = limits
    self.place = place
  }

  private mutating func value(depth: Int) throws(MRDLError) -> JSONValue {
    guard depth <= limits.nestingDepth else {
      throw limitError("values are nested too deeply", limits.nestingDepth)
    }
    valueCount += 1
    guard valueCount <= limits.valueCount else {
      throw limitError("the text holds too many values", limits.valueCount)
    }
    switch peek() {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return try number()
    default: throw syntaxError("a value")
    }
  }

  private mutating func object(depth: Int) throws(MRDLError) -> JSONValue {
    position += 1
    var members: [JSONMember] = []
    // Few keys are compared one by one, many are hashed.
    var keys: Set<String> = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw syntaxError("a key") }
      let keyPosition = position
      let key = try string()
      if members.count == Self.hashedMemberCount { keys.formUnion(members.map(\.key)) }
      let isNew =
        members.count < Self.hashedMemberCount
        ? !members.contains { $0.key == key } : keys.insert(key).inserted
      guard isNew else {
        throw MRDLError(
          .duplicateKey, "an object has the same key twice", found: "\"\(key)\"",
          at: at(keyPosition))
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw syntaxError("':'") }
      skipSpace()
      members.append(JSONMember(key, try value(depth: depth + 1)))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw syntaxError("',' or '}'") }
    }
  }

  private static let hashedMemberCount = 16

  private mutating func array(depth: Int) throws(MRDLError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      skipSpace()
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw syntaxError("',' or ']'") }
    }
  }

  private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(MRDLError)
    -> JSONValue
  {
    let count = word.utf8CodeUnitCount
    guard text.count - position >= count else { throw syntaxError("\(word)") }
    for index in 0..<count where text[position + index] != word.utf8Start[index] {
      throw syntaxError("\(word)")
    }
    position += count
    return value
  }

  private mutating func number() throws(MRDLError) -> JSONValue {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    let digits = String(
      decoding: UnsafeRawBufferPointer(rebasing: text[start..<position]), as: UTF8.self)
    if isWhole, let value = Int64(digits) { return .integer(value) }
    guard let value = Double(digits), value.isFinite else {
      throw MRDLError(
        .badJSON, "a number is out of range", found: String(digits.prefix(40)), at: at(start))
    }
    return .number(value)
  }

  private mutating func digits() throws(MRDLError) {
    let start = position
    while position < text.count, Self.isDigit(text[position]) {
      position += 1
    }
    if position == start { throw syntaxError("a digit") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private mutating func string() throws(MRDLError) -> String {
    position += 1
    let start = position
    // Most strings have no escapes: take the bytes as they are.
    while position < text.count {
      let byte = text[position]
      if byte == UInt8(ascii: "\"") {
        let result = try validated(text[start..<position], at: start)
        position += 1
        return result
      }
      if byte == UInt8(ascii: "\\") { break }
      if byte < 0x20 { throw syntaxError("a character that is not a control character") }
      position += 1
    }
    var bytes = Array(text[start..<position])
    while position < text.count {
      let byte = text[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        return try bytes.withRawBytes { (buffer) throws(MRDLError) in
          try validated(buffer[...], at: start)
        }
      case UInt8(ascii: "\\"):
        try escape(into: &bytes)
      case 0..<0x20:
        position -= 1
        throw syntaxError("a character that is not a control character")
      default: bytes.append(byte)
      }
    }
    throw syntaxError("'\"'")
  }

  private func validated(
    _ bytes: Slice<UnsafeRawBufferPointer>, at start: Int
  ) throws(MRDLError) -> String {
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw MRDLError(.badJSON, "a string is not UTF-8", at: at(start))
    }
    return string
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(MRDLError) {
    guard position < text.count else { throw syntaxError("an escape") }
    let byte = text[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
          throw syntaxError("the second half of a surrogate pair")
        }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else {
          throw syntaxError("the second half of a surrogate pair")
        }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw syntaxError("the first half of a surrogate pair")
      }
      bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
    default:
      position -= 1
      throw syntaxError("an escape")
    }
  }

  private mutating func hexadecimal() throws(MRDLError) -> UInt32 {
    guard text.count - position >= 4 else { throw syntaxError("four hexadecimal digits") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(text[position])).hexDigitValue else {
        throw syntaxError("four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func skipSpace() {
    while position < text.count {
      switch text[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private func peek() -> UInt8? { position < text.count ? text[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private func at(_ position: Int) -> Place {
    var place = place
    place.byteOffset = (place.byteOffset ?? 0) + UInt64(position)
    return place
  }

  private func syntaxError(_ expected: String) -> MRDLError {
    let found =
      peek().map { byte in
        byte >= 0x20 && byte < 0x7F
          ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
      } ?? "the end"
    return MRDLError(
      .badJSON, "the text is not JSON", found: found, expected: expected, at: at(position))
  }

  private func limitError(_ message: String, _ limit: Int) -> MRDLError {
    MRDLError(
      .limitExceeded, message, found: "more than \(limit)", expected: "at most \(limit)",
      at: at(position))
  }
}

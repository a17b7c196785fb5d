import MRDLCore
import Testing

@Suite struct JSONParserTests {
  private func error(_ bytes: [UInt8], limits: Limits = .standard) -> MRDLError? {
    do throws(MRDLError) {
      _ = try bytes.withRawBytes { (text) throws(MRDLError) in
        try JSONParser.parse(text, limits: limits)
      }
      return nil
    } catch {
      return error
    }
  }

  @Test(
    arguments: [
      ("null", .null), (" true ", .bool(true)), ("\tfalse\r\n", .bool(false)), ("0", .integer(0)),
      ("-0", .integer(0)), ("-17", .integer(-17)), ("9223372036854775807", .integer(.max)),
      ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(0x1p63)),
      ("1.0", .number(1)), ("-0.0", .number(-0.0)), ("1e3", .number(1000)), ("1E+2", .number(100)),
      ("25e-2", .number(0.25)), ("1e-400", .number(0)), ("0.1", .number(0.1)),
      ("[]", .array([])), ("[ ]", .array([])), ("{}", .object([])), ("{ }", .object([])),
      ("[1,[2],{}]", .array([.integer(1), .array([.integer(2)]), .object([])])),
      (
        "{\"\":0,\"a\":{\"\":null}}",
        .object(["": .integer(0), "a": .object(["": .null])])
      ),
      ("\"\"", ""), ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"),
      ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"), ("\"\\ud83d\\uDE00\"", "😀"), ("\"\\u0000\"", "\0"),
      ("\"é€😀\"", "é€😀"), ("\"\u{7F}\"", "\u{7F}"),
    ] as [(String, JSONValue)])
  func wellFormed(text: String, expected: JSONValue) throws {
    #expect(try JSONParser.parse(text) == expected)
  }

  /// Texts that RFC 8259 does not allow, with the offset at which they go wrong.
  @Test(arguments: [
    ("", 0), (" ", 1), ("nul", 0), ("nulL", 0), ("tru", 0), ("True", 0), ("NaN", 0),
    ("Infinity", 0), ("-Infinity", 1), ("+1", 0), ("01", 1), ("-01", 2), ("-", 1), ("1.", 2),
    (".5", 0), ("1.e5", 2), ("1e", 2), ("1e+", 3), ("0x10", 1), ("1 2", 2), ("1,", 1), ("[1,]", 3),
    ("[,1]", 1), ("[1 2]", 3), ("[1", 2), ("[", 1), ("]", 0), ("{", 1), ("{\"a\"}", 4),
    ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{'a':1}", 1), ("{\"a\" 1}", 5),
    ("{\"a\":1 \"b\":2}", 7), ("{1:2}", 1), ("\"", 1), ("\"a", 2), ("\"\\", 2), ("\"\\x\"", 2),
    ("\"\\u12\"", 3), ("\"\\u12G4\"", 5), ("\"\\ud800\"", 7), ("\"\\ud800\\n\"", 8),
    ("\"\\ud800\\u0041\"", 13), ("\"\\udc00\"", 7), ("\"a\nb\"", 2), ("\"\\n\tb\"", 3),
    ("// c\n1", 0), ("/* */1", 0), ("\u{FEFF}1", 0), ("\u{A0}1", 0), ("[1]]", 3), ("'a'", 0),
  ])
  func malformed(text: String, byteOffset: Int) {
    let error = error(Array(text.utf8))
    #expect(error?.code == .badJSON)
    #expect(error?.place.byteOffset == UInt64(byteOffset))
  }

  @Test(
    arguments: [
      [0x80], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80],
      [0xFF], [0xC3, 0x28],
    ] as [[UInt8]])
  func invalidUTF8(bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    #expect(error([quote] + bytes + [quote])?.code == .badJSON)
    #expect(error([quote, 0x5C, 0x6E] + bytes + [quote])?.code == .badJSON)
    #expect(error(bytes)?.code == .badJSON)
  }

  @Test func duplicateKeys() {
    let error = error(Array("{\"a\":1,\"b\":2,\"\\u0061\":3}".utf8))
    #expect(error?.code == .duplicateKey)
    #expect(error?.place.byteOffset == 13)
    #expect(error?.finding.found == "\"a\"")
    #expect(self.error(Array("{\"a\":{\"a\":1},\"b\":{\"a\":2}}".utf8)) == nil)
    // Canonically equivalent keys are the same key.
    #expect(self.error(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))?.code == .duplicateKey)
  }

  @Test func numbersOutOfRange() {
    #expect(error(Array("1e400".utf8))?.code == .badJSON)
    #expect(error(Array("-1e400".utf8))?.code == .badJSON)
    let long = String(repeating: "9", count: 400)
    #expect(error(Array(long.utf8))?.code == .badJSON)
  }

  @Test func depthIsBounded() {
    var limits = Limits()
    limits.nestingDepth = 8
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(error(nested(9), limits: limits) == nil)
    #expect(error(nested(10), limits: limits)?.code == .limitExceeded)
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(error(deep)?.code == .limitExceeded)
    let objects = Array(String(repeating: "{\"a\":", count: 100_000).utf8)
    #expect(error(objects)?.code == .limitExceeded)
  }

  @Test func valuesAreCounted() {
    var limits = Limits()
    limits.valueCount = 4
    #expect(error(Array("[1,2,3]".utf8), limits: limits) == nil)
    #expect(error(Array("[1,2,3,4]".utf8), limits: limits)?.code == .limitExceeded)
  }

  @Test func everyPrefixIsAnError() {
    let text = Array(#"{"a":[1.5e3,true,null,"x\u00e9\n"],"b":{"c":-7}}"#.utf8)
    #expect(error(text) == nil)
    for count in text.indices { #expect(error(Array(text[..<count])) != nil) }
  }

  @Test func placeIsThatOfTheCaller() {
    do throws(MRDLError) {
      _ = try JSONParser.parse("[1,", place: Place(file: "f.json", byteOffset: 100))
      Issue.record("an unfinished array was read")
    } catch {
      #expect(error.place == Place(file: "f.json", byteOffset: 103))
    }
  }
}

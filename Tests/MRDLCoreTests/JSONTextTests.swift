import MRDLCore
import Testing

@Suite struct JSONTextTests {
  static let value: JSONValue = .object([
    "null": .null, "flags": .array([.bool(true), .bool(false)]),
    "whole": .array([.integer(0), .integer(.min), .integer(.max)]),
    "numbers": .array(
      [0.1, -0.0, 1e300, .leastNonzeroMagnitude, 1, 123_456_789_012_345_680, .pi].map {
        JSONValue.number($0)
      }),
    "text": .array(["", "\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}", "é€😀", "\u{2028}"]),
    "empty": .array([.array([]), .object([])]),
    "deep": .object(["a": .array([.object(["b": .integer(1)])])]),
  ])

  @Test(arguments: [JSONValue.Layout.compact, .indented])
  func roundTrip(layout: JSONValue.Layout) throws {
    let text = Self.value.text(layout)
    let copy = try JSONParser.parse(text)
    #expect(copy == Self.value)
    #expect(copy.text(layout) == text)
  }

  @Test func compactText() {
    let value: JSONValue = .object([
      "a": .array([.integer(1), .number(1), .number(0.5)]), "b": "x\u{1}\"",
    ])
    #expect(value.text() == #"{"a":[1,1.0,0.5],"b":"x\u0001\""}"#)
  }

  @Test func indentedText() {
    let value: JSONValue = .object([
      "a": .array([.integer(1), .integer(2)]), "b": .array([.object(["c": .null])]),
      "d": .object([]),
    ])
    #expect(
      value.text(.indented) == """
        {
          "a": [1, 2],
          "b": [
            {
              "c": null
            }
          ],
          "d": {}
        }

        """)
  }

  @Test func signOfZeroSurvives() throws {
    guard case .number(let zero) = try JSONParser.parse(JSONValue.number(-0.0).text()) else {
      Issue.record("not a number")
      return
    }
    #expect(zero.sign == .minus)
  }

  @Test func numbersThatJSONLacks() {
    #expect(JSONValue.finite(.infinity) == .null)
    #expect(JSONValue.finite(.nan) == .null)
    #expect(JSONValue.finite(2) == .number(2))
  }
}

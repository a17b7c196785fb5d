import MRDLCore
import MRDLYAML
import Testing

struct YAMLWriterTests {
  private static let words: [JSONValue] = [
    "", "a", "no", "Yes", "y", "null", "~", "1", "1e-3", "0x1F", ".5", "-", "- a", "a b", "a: b",
    "#", "a # b", "[x]: y", "{a}: b", "]", "}:", "what ? this", "*x : y", "&a? b", "*", "'", "\"",
    "\\",
    "tab\tline\nfeed\u{1}", "é漢😀\u{85}\u{2028}", "<<", "---", "...", "%", "@", "`", "!!str", "|",
    ">",
    "conv*.weight", "2024-01-01", "a/b.c-d_e", " a", "a ", "?", "a?",
  ]

  @Test func wordsReadBack() throws {
    for word in Self.words {
      guard case .string(let key) = word else { continue }
      for value in [word, .array([word]), .object([key: .object([key: .array([word, word])])])] {
        let text = YAMLWriter.text(value)
        #expect(try YAMLText(text).value == value, "\(text)")
      }
    }
    let all = JSONValue.array(Self.words)
    #expect(try YAMLText(YAMLWriter.text(all)).value == all)
  }

  @Test func valuesReadBack() throws {
    let scalars: [JSONValue] = [
      .null, .bool(true), .bool(false), .integer(0), .integer(.min), .integer(.max),
      .number(0.1), .number(-1e-300), .number(1e21), .number(2.5e-7), .array([]), .object([:]),
    ]
    for depth in 0..<6 {
      var value = JSONValue.array(scalars + Array(repeating: "a longer word", count: 4))
      for level in 0..<depth {
        value =
          level % 3 == 0
          ? .object(["first": value, "second": value, "third": .integer(3)])
          : .array([value, .array([value]), "x"])
      }
      let text = YAMLWriter.text(value)
      #expect(try YAMLText(text).value == value, "\(text)")
      #expect(text.hasSuffix("\n") && !text.contains(" \n"))
    }
  }

  @Test func whatFitsStandsOnALine() {
    let layer = JSONValue.object([
      "kind": "dense", "units": .integer(3), "names": .strings(["no", "b"]),
    ])
    let long = JSONValue.array(Array(repeating: layer, count: 2))
    #expect(
      YAMLWriter.text(.object(["name": "r", "layers": long])) == """
        name: r
        layers:
          - {kind: dense, units: 3, names: ["no", b]}
          - {kind: dense, units: 3, names: ["no", b]}

        """)
  }
}

import MRDLCore
import MRDLYAML
import Testing

struct YAMLTextTests {
  // MARK: Scalars

  /// The core schema of YAML 1.2.2, section 10.3.2, and words that YAML 1.1 takes for something else.
  @Test(arguments: [
    ("null", JSONValue.null), ("~", .null), ("", .null), ("Null", .null), ("nUll", "nUll"),
    ("true", .bool(true)), ("FALSE", .bool(false)), ("tRue", "tRue"),
    ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"), ("n", "n"),
    ("0", .integer(0)), ("-12", .integer(-12)), ("+3", .integer(3)), ("017", .integer(17)),
    ("0o17", .integer(15)), ("0x1F", .integer(31)), ("0o18", "0o18"), ("0x", "0x"),
    ("-0x1", "-0x1"), ("0b11", "0b11"), ("1_000", "1_000"), ("1:30", "1:30"),
    ("2024-01-01", "2024-01-01"), ("<<", "<<"), ("=", "="), ("-", "-"), (".", "."),
    ("9223372036854775807", .integer(.max)),
    ("9223372036854775808", .number(9.223372036854775808e18)),
    ("0.5", .number(0.5)), (".5", .number(0.5)), ("1.", .number(1)), ("-1.e3", .number(-1000)),
    ("1e-3", .number(0.001)), ("1E+2", .number(100)), ("1e", "1e"), ("1e3x", "1e3x"),
    ("nan", "nan"), ("inf", "inf"), ("'5'", "5"), ("\"true\"", "true"), ("'it''s'", "it's"),
    ("\"a\\u00e9\\n\"", "aé\n"), ("!!str 5", "5"), ("two words", "two words"),
  ])
  func scalarsFollowTheCoreSchema(_ text: String, value: JSONValue) throws {
    // A dash or a question mark alone is an indicator, not a scalar, unless a key stands before it.
    guard text != "-" else { return }
    #expect(try YAMLText("k: \(text)\n").value == .object(["k": value]))
    #expect(try YAMLText("[\(text.isEmpty ? "~" : text)]").value == .array([value]))
  }

  // MARK: Structure and lines

  @Test func valuesKnowTheirPositions() throws {
    let text = """
      # a recipe
      name: r   # a comment
      layers:
        - {kind: dense, units: 3}
        - kind: activation
          function: softmax
      text: |
        two
        lines
      a/b~c: [1,
        2]
      """
    let yaml = try YAMLText(text)
    #expect(yaml.value["text"] == "two\nlines\n")
    #expect(
      yaml.value["layers"]
        == .array([
          .object(["kind": "dense", "units": .integer(3)]),
          .object(["kind": "activation", "function": "softmax"]),
        ]))
    for (pointer, line, column) in [
      ("/name", 2, 1), ("/layers", 3, 1), ("/layers/0", 4, 5), ("/layers/0/units", 4, 19),
      ("/layers/1", 5, 5), ("/layers/1/function", 6, 5), ("/text", 7, 1), ("/a~1b~0c", 10, 1),
      ("/a~1b~0c/1", 11, 3), ("/layers/1/missing", 5, 5), ("", 1, 1),
    ] {
      let position = TextPosition(line: line, column: column)
      #expect(yaml.positions.position(of: pointer) == position, "\(pointer)")
    }
  }

  /// JSON is YAML: what the trainer prints reads back.
  @Test func aTextInJSONIsTheSameValue() throws {
    let text = #"{"a": [1, -2.5e-3, "x: y # z", null, true], "b": {"c": "\"\u00e9\\"}, "d": []}"#
    #expect(try YAMLText(text).value == JSONParser.parse(text))
    #expect(try YAMLText("").value == .null)
    #expect(try YAMLText("# nothing\n").value == .null)
  }

  @Test func aliasesStandForWhatTheyName() throws {
    let yaml = try YAMLText("a: &x {k: [1, 2]}\nb: *x\nc: [*x, *x]\n")
    let value = JSONValue.object(["k": .array([.integer(1), .integer(2)])])
    #expect(yaml.value["b"] == value && yaml.value["c"] == .array([value, value]))
    #expect(yaml.positions.position(of: "/b") == TextPosition(line: 2, column: 1))
    // A star that begins no alias is one of the text.
    #expect(
      try YAMLText("freeze: ['*', \"a*\", conv*]").value["freeze"]
        == .strings(["*", "a*", "conv*"]))
  }

  // MARK: What is refused

  @Test(arguments: [
    ("a: 1\nb: 2\na: 3\n", FindingCode.duplicateKey, 1),
    ("a: 1\nb:\n  c: 1\n  'c': 2\n", .duplicateKey, 3),
    ("a: 1\n---\nb: 2\n", .badYAML, 2),
    ("a: 1\n  b: 2\n", .badYAML, 2),
    ("a: [1, 2\nb: 3\n", .badYAML, 2),
    ("a: *nothing\n", .badYAML, 1),
    ("a: 1\nb: &x [*x]\n", .badYAML, 2),
    ("a: 1\n? [1, 2]\n: 3\n", .badYAML, 2), ("a: 1\n[1, 2] : 3\n", .badYAML, 2),
    ("{{b: c}: 1}\n", .badYAML, 1), ("&a? [b]\n: c\n", .badYAML, 1), ("[?x]", .badYAML, 1),
    ("a: &x b\n*x : 3\n", .badYAML, 2), ("a: &x {b: 1}\nc:\n  <<: *x\n", .badYAML, 3),
    ("a: 1\nb: .inf\n", .badYAML, 2), ("a: -.INF", .badYAML, 1), ("a: .nan", .badYAML, 1),
    ("a: 1e999", .badYAML, 1),
    ("a: !!python/object:os.system x\n", .badYAML, 1), ("a: !!int '5'\n", .badYAML, 1),
    ("a: !mine [1]\n", .badYAML, 1), ("a: !!set {b}\n", .badYAML, 1),
    ("a: 1\n\tb: 2\n", .badYAML, 2), ("a: \"x\n", .badYAML, 2), ("@a: 1", .badYAML, 1),
    ("a: '\u{1}'\n", .badYAML, 1), ("%YAML 3.0\n---\na: 1\n", .badYAML, 1),
  ])
  func mistakesAreNamedWithTheirLine(_ text: String, code: FindingCode, line: Int) throws {
    let error = #expect(throws: MRDLError.self) { try YAMLText(text) }
    #expect(error?.code == code, "\(error?.description ?? "")")
    #expect(error?.place.line == line, "\(error?.description ?? "")")
    #expect(error?.place.column != nil)
  }

  /// Nine levels of nine copies, as a value, as a key and beneath a key.
  @Test(arguments: [
    ("z: *i", FindingCode.limitExceeded), ("*i : z", .badYAML), ("? [*i]\n: z", .badYAML),
    ("\u{85}*i\t: z", .badYAML), ("{*i: z}", .badYAML), ("[[*i] : z]", .badYAML),
  ])
  func aliasesCannotStandForMoreThanTheirBound(_ end: String, code: FindingCode) throws {
    var text = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for (name, before) in zip("bcdefghi", "abcdefgh") {
      text +=
        "\(name): &\(name) [" + Array(repeating: "*\(before)", count: 9).joined(separator: ", ")
      text += "]\n"
    }
    let error = #expect(throws: MRDLError.self) { try YAMLText(text + end) }
    #expect(error?.code == code, "\(error?.description ?? "")")
  }

  /// The parser sorts keys that stand twice by a comparison that takes twice the time for every level.
  @Test func deepKeysThatStandTwiceAreNotCompared() {
    let deep = String(repeating: "[", count: 80) + String(repeating: "]", count: 80)
    let text = "a: &a [\(deep), 1]\nb: &b [\(deep), 2]\n"
    for keys in ["*a : 0\n*a : 0\n*b : 0\n*b : 0", "c: {[\(deep), 1]: 0, [\(deep), 1]: 0}"] {
      #expect(throws: MRDLError.self) { try YAMLText(text + keys) }
    }
  }

  /// Few aliases to much text are counted where they are taken in, by values and by bytes.
  @Test func copiesAreCounted() throws {
    var limits = Limits()
    limits.yamlValueCount = 25
    #expect(throws: Never.self) { try YAMLText("a: &a [1, 2, 3, 4]\nb: [*a, *a]", limits: limits) }
    for text in [
      "a: &a [1, 2, 3, 4]\nb: [*a, *a, *a, *a]",
      "a: &a \(String(repeating: "x", count: 1 << 19))\nb: [*a, *a]",
    ] {
      let error = #expect(throws: MRDLError.self) { try YAMLText(text, limits: limits) }
      #expect(error?.code == .limitExceeded)
    }
  }

  /// Question marks, stars and colons that are part of a text.
  @Test func wordsWithIndicatorsAreWords() throws {
    let text = """
      # why? *note*, [x], &c
      a: what? yes
      b: "x: *y, [z]; really?"
      c: ['*.weight', a*b]
      """
    let yaml = try YAMLText(text)
    #expect(yaml.value["a"] == "what? yes")
    #expect(yaml.value["b"] == "x: *y, [z]; really?")
    #expect(yaml.value["c"] == .strings(["*.weight", "a*b"]))
  }

  @Test(arguments: ["[", "{a: ", "- ", "? ", "[{a: "])
  func deepNestingEndsInAnError(_ opening: String) {
    for count in [65, 999, 5_000, 100_000] {
      let error = #expect(throws: MRDLError.self) {
        try YAMLText(String(repeating: opening, count: count))
      }
      #expect(error?.code == .badYAML || error?.code == .limitExceeded)
    }
  }

  @Test func longTextsAreRefused() throws {
    let error = #expect(throws: MRDLError.self) {
      try YAMLText("a: " + String(repeating: "x", count: 1 << 20))
    }
    #expect(error?.code == .limitExceeded)
  }

  /// Every byte of a text changed in turn ends in a value or an error.
  @Test func damagedTextsEndInAnError() throws {
    let text = Array("a: &x {k: [1, '2'], m: \"q\\n\"}\nb: [*x, -.5]\nc: |\n  t\n".utf8)
    var values = 0
    for place in text.indices {
      for byte in [0, 9, 10, 32, 33, 34, 38, 39, 42, 44, 45, 58, 63, 91, 93, 123, 125, 127]
        as [UInt8]
      {
        var damaged = text
        damaged[place] = byte
        do {
          _ = try YAMLText(String(decoding: damaged, as: UTF8.self))
          values += 1
        } catch {
          #expect(error.code != .badRecipe)
        }
      }
    }
    #expect(values > 100)
  }
}

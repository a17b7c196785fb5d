import MRDLCore
import Testing

@Suite struct JSONCursorTests {
  enum Fruit: String, CaseIterable { case apple, pear }

  private func cursor(_ text: String) throws -> JSONCursor {
    JSONCursor(try JSONParser.parse(text), place: Place(file: "f"))
  }

  @Test func pointersAreEscaped() throws {
    let root = try cursor(#"{"a/b":{"~":[10,{"":1}]}}"#)
    let inner = try root.required("a/b").required("~").elements()[1].required("")
    #expect(inner.place.path == "/a~1b/~0/1/")
    #expect(inner.place.file == "f")
  }

  @Test func missingAndNullAreTheSame() throws {
    let root = try cursor(#"{"a":null}"#)
    #expect(try root.optional("a")?.value == nil)
    #expect(try root.optional("b")?.value == nil)
    let error = failure(of: { try root.required("a") })
    #expect(error?.code == .missingKey)
    #expect(error?.finding.expected == "\"a\"")
  }

  @Test func kindsAreChecked() throws {
    let root = try cursor(#"{"s":"x","i":1,"n":1.5,"b":true,"a":[1,"x"],"o":{}}"#)
    #expect(failure(of: { try root.required("i").string() })?.code == .wrongKind)
    #expect(failure(of: { try root.required("n").integer() })?.code == .wrongKind)
    #expect(failure(of: { try root.required("s").number() })?.code == .wrongKind)
    #expect(failure(of: { try root.required("i").bool() })?.code == .wrongKind)
    #expect(failure(of: { try root.required("o").elements() })?.code == .wrongKind)
    #expect(failure(of: { try root.required("a").members() })?.code == .wrongKind)
    let second = failure(of: { try root.required("a").integers() })
    #expect(second?.place.path == "/a/1")
    #expect(second?.finding.found == "a string")
    #expect(second?.finding.expected == "an integer")
    #expect(try root.required("i").number() == 1)
  }

  @Test func rangesAndChoices() throws {
    let root = try cursor(#"{"i":7,"f":"pear","g":"plum"}"#)
    #expect(try root.required("i").integer(in: 1...7) == 7)
    let range = failure(of: { try root.required("i").integer(in: 1...6) })
    #expect(range?.code == .badValue)
    #expect(range?.finding.expected == "1 to 6")
    #expect(try root.required("f").choice(Fruit.self) == .pear)
    let choice = failure(of: { try root.required("g").choice(Fruit.self) })
    #expect(choice?.finding.expected == "\"apple\", \"pear\"")
  }

  @Test func unknownKeysAreReported() throws {
    let diagnostics = Diagnostics()
    try cursor(#"{"a":1,"b":2,"c":3}"#).reportUnknownKeys(except: ["b"], to: diagnostics)
    #expect(diagnostics.findings.map(\.found) == ["\"a\"", "\"c\""])
    #expect(diagnostics.findings.allSatisfy { $0.severity == .note && $0.code == .unknownKey })
    #expect(diagnostics.findings.map(\.place.path) == ["/a", "/c"])
    #expect(diagnostics.firstError == nil)
  }
}

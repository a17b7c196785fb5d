import MRDLCore
import Testing

@Suite struct DiagnosticsTests {
  @Test func codesAreUniqueAndInTheirAreas() {
    let numbers = FindingCode.all.map(\.number)
    #expect(numbers == Array(Set(numbers)).sorted())
    let areas: [ClosedRange<UInt16>] = [
      1000...1099, 1100...1199, 1200...1299, 1300...1399, 1400...1499, 2000...2499, 2500...2999,
      3000...3999, 4000...4999, 5000...5999, 6000...6999, 9000...9999,
    ]
    for code in FindingCode.all {
      #expect(areas.contains { $0.contains(code.number) }, "\(code)")
      #expect(!code.summary.isEmpty && !code.summary.hasSuffix("."), "\(code)")
      #expect(code.remedy.hasSuffix("."), "\(code)")
    }
    // No area is left out of the list.
    for area in areas { #expect(numbers.contains { area.contains($0) }, "\(area)") }
  }

  @Test func exitCodesAreThoseOfSysexits() {
    #expect(
      FailureCategory.allCases.map(\.exitCode) == [64, 65, 66, 70, 73, 74])
  }

  @Test func findingsAreOneLine() {
    let finding = Finding(
      .shapeMismatch, .error, "shapes do not fit", found: "[1]\n[2]", expected: "[3]",
      at: Place(file: "a\tb", path: "/graph/nodes/0", byteOffset: 5))
    #expect(
      "\(finding)"
        == #"a\u{9}b: /graph/nodes/0: byte 5: shapes do not fit (found [1]\u{a}[2], expected [3]) [MRDL1207]"#
    )
    #expect("\(Finding(.badJSON, .note, "m"))" == "m [MRDL1101]")
    #expect("\(Finding(.badJSON, .note, "m", expected: "x"))" == "m (expected x) [MRDL1101]")
  }

  @Test(arguments: [
    ("plain é 日本 😀", "plain é 日本 😀"), ("\u{1B}[31mred", #"\u{1b}[31mred"#),
    ("a\u{202E}b", #"a\u{202e}b"#), ("\u{200B}\u{FEFF}", #"\u{200b}\u{feff}"#),
    ("\u{2028}\u{E000}\u{7F}\u{85}", #"\u{2028}\u{e000}\u{7f}\u{85}"#), ("", ""),
  ])
  func invisibleCharactersAreEscaped(text: String, expected: String) {
    #expect(text.escapedForDisplay == expected)
  }

  @Test func errorsTakeTheFirstFileTheyAreGiven() {
    let error = MRDLError(.badJSON, "m", at: Place("/a"))
    #expect(error.inFile("x").inFile("y").place == Place(file: "x", path: "/a"))
    struct Cause: Error, CustomStringConvertible { let description = "the reason" }
    let chained = MRDLError(.badJSON, "m", at: Place(file: "f"), cause: Cause())
    #expect("\(chained)" == "f: m [MRDL1101]: the reason")
  }

  @Test func sinkKeepsTheSameFindingOnce() {
    let sink = Diagnostics()
    for path in ["a", "b", "a"] { sink.report(.badValue, "m", at: Place("/" + path)) }
    sink.report(.badValue, .warning, "m", at: Place("/a"))
    #expect(sink.findings.map(\.place) == [Place("/a"), Place("/b"), Place("/a")])
    #expect(sink.findings.map(\.severity) == [.error, .error, .warning])
    #expect(sink.droppedCount == 0)
  }

  @Test func sinkKeepsWhatFitsAndCountsTheRest() throws {
    let sink = Diagnostics(capacity: 2)
    sink.report(.unknownKey, .note, "a")
    try sink.throwFirstError()
    sink.report(.badValue, "b")
    sink.report(.badValue, "c")
    #expect(sink.findings.map(\.message) == ["a", "b"])
    #expect(sink.droppedCount == 1)
    #expect(sink.firstError?.message == "b")
    #expect(throws: MRDLError.self) { try sink.throwFirstError() }

    let other = Diagnostics()
    other.report(contentsOf: sink, inFile: "f")
    #expect(other.findings.map(\.place.file) == ["f", "f"])
    #expect(other.droppedCount == 1)
    #expect(Finding.Severity.allCases == Finding.Severity.allCases.sorted())
  }
}

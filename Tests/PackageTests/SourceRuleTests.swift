import MRDLCore
import Testing

/// Rules of the house that neither the compiler nor the linter checks.
struct SourceRuleTests {
  let manifest: Manifest
  let paths: [String]

  init() throws {
    manifest = Manifest(try SourceTree.text("Package.swift"))
    paths = try SourceTree.files(below: "Sources", suffixes: ["swift"])
  }

  /// Reports every place in the given floors where the code matches.
  private func expectNone<Output>(
    _ pattern: Regex<Output>, onFloors floors: ClosedRange<Int>, _ rule: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for path in paths {
      let name = String(path.split(separator: "/")[1])
      guard let target = manifest.targets[name], floors.contains(target.floor) else { continue }
      for (number, line) in SwiftSource(try SourceTree.text(path)).lines {
        #expect(
          line.firstMatch(of: pattern) == nil, "\(path):\(number): \(rule)",
          sourceLocation: sourceLocation)
      }
    }
  }

  @Test func librariesNeitherPrintNorExit() throws {
    try expectNone(
      #/(?:^|[^.\w])(?:print|debugPrint|dump|exit|_exit|abort|fatalError)\s*\(/#, onFloors: 1...5,
      "a library prints or ends the process")
  }

  @Test func nothingIsForced() throws {
    try expectNone(#/\btry!|\bas!/#, onFloors: 1...7, "an error or a type is forced")
  }

  @Test func uncheckedSendableSaysWhy() throws {
    for path in paths {
      let lines = try SourceTree.text(path).split(
        separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() where line.contains("@unchecked Sendable") {
        let before = lines[max(0, index - 12)..<index]
        #expect(
          line.contains("//") || before.contains { $0.contains("//") },
          "\(path):\(index + 1): an unchecked conformance without a reason")
      }
    }
  }

  @Test func filesAreShort() throws {
    for path in paths + (try SourceTree.files(below: "Sources", suffixes: ["c", "h"])) {
      let count = try SourceTree.text(path).split(
        separator: "\n", omittingEmptySubsequences: false
      ).count
      #expect(count <= 601, "\(path) has \(count) lines")
    }
  }

  @Test func commandsAreThin() throws {
    for path in paths where path.hasPrefix("Sources/mrdl-") {
      let count = try SourceTree.text(path).split(
        separator: "\n", omittingEmptySubsequences: false
      ).count
      #expect(count <= 181, "\(path) has \(count) lines")
    }
  }

  @Test func findingCodesAreUnique() {
    let codes = FindingCode.all
    #expect(codes.count > 50)
    #expect(Set(codes.map(\.number)).count == codes.count)
    for code in codes {
      #expect(!code.summary.isEmpty && !code.remedy.isEmpty, "\(code)")
      #expect(code.remedy.hasSuffix("."), "\(code): a remedy is a sentence")
    }
  }
}

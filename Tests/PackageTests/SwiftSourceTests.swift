import Testing

/// The reader of sources that the other tests rely on.
struct SwiftSourceTests {
  @Test(arguments: [
    ("import A", ["A"]),
    ("  public import A  // import B", ["A"]),
    ("@testable import A", ["A"]),
    ("@_spi(Tests) @preconcurrency internal import A", ["A"]),
    ("import struct A.B", ["A"]),
    ("import A.B.C", ["A"]),
    ("import A; import B", ["A", "B"]),
    (
      "#if canImport(Glibc)\n  package import Glibc\n#else\n  import Darwin\n#endif",
      ["Glibc", "Darwin"]
    ),
    ("// import A\n/* import B\n/* import C */ import D */\nimport E", ["E"]),
    ("let text = \"\"\"\nimport A\n\"\"\"\nimport B", ["B"]),
    ("let text = #\"\"\"\n\"\"\"\nimport A\n\"\"\"#\nimport B", ["B"]),
    ("let text = \"\\\"\" // \"\nimport A", ["A"]),
    ("importer.run()\nlet imports = 1", []),
  ])
  func findsImports(text: String, modules: [String]) {
    #expect(SwiftSource(text).imports.map(\.module) == modules)
  }

  @Test func keepsInterpolatedCode() {
    let source = SwiftSource("let x = \"print(1) \\(call(\"exit(\")) exit(2)\"")
    #expect(source.code.contains("call("))
    #expect(!source.code.contains("print"))
    #expect(!source.code.contains("exit"))
  }

  @Test func countsLines() {
    let source = SwiftSource("/*\n\n*/\nlet a = \"\"\"\n  x\n  \"\"\"\nimport A")
    #expect(source.imports.map(\.line) == [7])
  }
}

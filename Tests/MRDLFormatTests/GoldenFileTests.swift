import Foundation
import MRDLCore
import MRDLFormat
import MRDLModel
import SampleModels
import TestDirectories
import Testing

/// Every released version of the format keeps a file here that all later readers must read.
@Suite struct GoldenFileTests {
  private static func path(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path
  }

  /// Reads `minimal-1.0.mrdl`, and proves that the writer still gives the same bytes.
  ///
  /// It is the generator of the file too: `MRDL_WRITE_FIXTURES=1` writes it.
  @Test func minimal1_0() throws {
    let path = Self.path("minimal-1.0.mrdl")
    if ProcessInfo.processInfo.environment["MRDL_WRITE_FIXTURES"] == "1" {
      try MRDLFile.write(SampleModels.linear(), to: path, replacing: true)
    }
    let diagnostics = Diagnostics()
    let golden = try #require(try MRDLFile.verify(path, diagnostics: diagnostics))
    #expect(diagnostics.findings.isEmpty)
    try expectEqual(golden, SampleModels.linear())
    #expect(try golden.tensors["w"]?.load().elements(as: Float.self) == [1, -2, 3, 0.5, 0.25, -8])

    let directory = try TemporaryDirectory()
    try MRDLFile.write(SampleModels.linear(), to: directory.file("again.mrdl"))
    #expect(try bytes(of: directory.file("again.mrdl")) == bytes(of: path))
  }

  /// Reads `values-1.1.mrdl` in the same way; a reader of version 1.0 refuses its required feature.
  @Test func values1_1() throws {
    let path = Self.path("values-1.1.mrdl")
    if ProcessInfo.processInfo.environment["MRDL_WRITE_FIXTURES"] == "1" {
      try MRDLFile.write(SampleModels.values(), to: path, replacing: true)
    }
    let diagnostics = Diagnostics()
    let golden = try #require(try MRDLFile.verify(path, diagnostics: diagnostics))
    #expect(diagnostics.findings.isEmpty)
    try expectEqual(golden, SampleModels.values())
    let content = try bytes(of: path)
    #expect(Array(content[8..<12]) == [1, 0, 1, 0], "version")
    #expect(Array(content[16..<24]) == [1, 0, 0, 0, 0, 0, 0, 0], "required features")

    let directory = try TemporaryDirectory()
    try MRDLFile.write(SampleModels.values(), to: directory.file("again.mrdl"))
    #expect(try bytes(of: directory.file("again.mrdl")) == content)
  }

  /// What the header says of the use of a value is for tensors.
  @Test func statesThatAreNoTensorsAreRefused() throws {
    var model = SampleModels.values()
    model.state = [StateBinding(output: "same", input: "one")]
    let directory = try TemporaryDirectory()
    #expect(
      failure(of: { try MRDLFile.write(model, to: directory.file("model.mrdl")) })?.code
        == .badValue)
    model.state = []
    model.graph.inputs[0].kind = .any
    #expect(
      failure(of: { try MRDLFile.write(model, to: directory.file("model.mrdl")) })?.code
        == .badValue)
  }
}

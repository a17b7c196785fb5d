import Foundation
import MRDLCore
import MRDLFormat
import MRDLModel
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
}

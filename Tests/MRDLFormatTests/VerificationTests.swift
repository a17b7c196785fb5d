import Dispatch
import MRDLCore
import MRDLFormat
import MRDLModel
import SampleModels
import TestDirectories
import Testing

@Suite struct VerificationTests {
  /// A file whose second tensor was damaged after writing.
  private func damagedFile(in directory: TemporaryDirectory) throws -> String {
    var file = ForgedFile()
    file.data[64] ^= 0x40
    let path = directory.file("damaged.mrdl")
    var output = try AtomicFile(path: path, replacing: true)
    try output.write(file.bytes)
    try output.commit()
    return path
  }

  @Test func damageIsFoundOnFirstUse() throws {
    let directory = try TemporaryDirectory()
    let path = try damagedFile(in: directory)
    let model = try MRDLFile.open(path)
    #expect(try model.tensors["a"]?.load().elements(as: UInt8.self) == [1, 2, 3])
    for _ in 0..<2 {
      do {
        _ = try model.tensors["b"]?.load()
        Issue.record("damage went unnoticed")
      } catch {
        #expect(error.code == .tensorDigestMismatch)
        #expect(error.place.file == path)
        #expect(error.place.path == "b")
      }
    }
  }

  @Test func verificationCanBeHadAtOnceOrNever() throws {
    let directory = try TemporaryDirectory()
    let path = try damagedFile(in: directory)
    #expect(
      failure(of: { _ = try MRDLFile.open(path, options: OpeningOptions(verification: .now)) })?
        .code
        == .tensorDigestMismatch)
    let trusting = try MRDLFile.open(path, options: OpeningOptions(verification: .never))
    #expect(try trusting.tensors["b"]?.load().elements(as: Int8.self) == [68, 5, 6, 7, 8])
    let diagnostics = Diagnostics()
    let model = try MRDLFile.verify(path, diagnostics: diagnostics)
    #expect(model != nil)
    #expect(diagnostics.firstError?.code == .tensorDigestMismatch)
  }

  @Test func digestsAreThoseOfTheBytes() throws {
    let model = try MRDLFile.open(ForgedFile().storage, name: "forged")
    #expect(model.tensors["a"]?.source.digest == Digest(of: [1, 2, 3]))
  }

  @Test func manyThreadsMayAskAtOnce() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.mrdl")
    let model = SampleModels.weights([
      ModelTensor("w", Tensor([Float](repeating: 1.5, count: 1 << 18)))
    ])
    try MRDLFile.write(model, to: path)
    let source = try #require(MRDLFile.open(path).tensors["w"])
    DispatchQueue.concurrentPerform(iterations: 16) { _ in
      let tensor = try? source.load()
      #expect(tensor?.span(of: Float.self)[(1 << 18) - 1] == 1.5)
    }
  }
}

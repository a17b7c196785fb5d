import Dispatch
import MRDLCore
import MRDLModel
import Synchronization
import Testing

@Suite struct TensorTableTests {
  private func tensor(_ name: String) -> ModelTensor { ModelTensor(name, Tensor(zeros: [1])) }

  @Test func orderIsKept() throws {
    var table = try TensorTable(["a", "b", "c"].map(tensor))
    table["b"] = ModelTensor("b", Tensor(zeros: [2]))
    table["d"] = tensor("d")
    #expect(table.map(\.info.name) == ["a", "b", "c", "d"])
    #expect(table["b"]?.info.shape == [2])
    table["a"] = nil
    table["z"] = nil
    #expect(table.map(\.info.name) == ["b", "c", "d"])
    #expect(table["d"]?.info.name == "d")
    #expect(table["a"] == nil)
    #expect(table.names == ["b", "c", "d"])
  }

  @Test func namesAreUnique() {
    let failure = failure(of: { try TensorTable(["a", "b", "a"].map(tensor)) })
    #expect(failure?.code == .duplicateName)
  }

  // MARK: Sources that verify themselves

  private static let bytes: [UInt8] = [1, 0, 1]

  @Test func tensorThatIsNotKeptIsReadAgain() throws {
    let counter = CountingSource(digest: Digest(of: Self.bytes), keeps: false)
    let source = counter.source
    var held: Tensor? = try source.load()
    #expect(try source.load().elements(as: UInt8.self) == Self.bytes)
    #expect(counter.readCount == 1)
    #expect(held?.elements(as: UInt8.self) == Self.bytes)
    held = nil
    #expect(try source.load().elements(as: UInt8.self) == Self.bytes)
    #expect(counter.readCount == 2)
  }

  @Test func tensorIsReadOnce() throws {
    let counter = CountingSource(digest: Digest(of: Self.bytes))
    let source = counter.source
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      #expect((try? source.load())?.elements(as: UInt8.self) == Self.bytes)
    }
    #expect(counter.readCount == 1)
  }

  @Test func damageIsRememberedAndNamed() {
    let counter = CountingSource(digest: Digest(of: [9]))
    let source = counter.source
    for _ in 0..<2 {
      let failure = failure(of: { try source.load() })
      #expect(failure?.code == .tensorDigestMismatch)
      #expect(failure?.place == Place(file: "f", path: "t"))
    }
    #expect(counter.readCount == 1)
  }

  @Test func verificationCanBeTurnedOff() throws {
    let source = VerifiedTensorSource(
      digest: Digest(of: [9]), verifies: false, place: Place("t")
    ) { () throws(MRDLError) in Tensor(Self.bytes) }
    #expect(try source.load().elements(as: UInt8.self) == Self.bytes)
  }

  @Test(arguments: [true, false])
  func booleansAreAlwaysChecked(verifies: Bool) {
    let storage = Storage([0, 1, 2])
    let source = VerifiedTensorSource(
      digest: Digest(of: [0, 1, 2]), verifies: verifies, place: Place("t")
    ) { () throws(MRDLError) in
      try Tensor(.bool, shape: [3], storage: storage, byteOffset: 0)
    }
    let failure = failure(of: { try source.load() })
    #expect(failure?.code == .badValue)
    #expect(failure?.finding.found == "element 2")
  }

  @Test func errorsOfReadingKeepTheirPlace() {
    let source = VerifiedTensorSource(digest: nil, place: Place(file: "f", path: "t")) {
      () throws(MRDLError) -> Tensor in
      throw MRDLError(.badHDF5Checksum, "a chunk is damaged", at: Place(byteOffset: 77))
    }
    let failure = failure(of: { try source.load() })
    #expect(failure?.place == Place(file: "f", path: "t", byteOffset: 77))
  }
}

/// A source of three bytes that counts how often they are read.
private final class CountingSource: Sendable {
  private let count = Atomic(0)
  let digest: Digest
  let keeps: Bool

  init(digest: Digest, keeps: Bool = true) {
    self.digest = digest
    self.keeps = keeps
  }

  var readCount: Int { count.load(ordering: .relaxed) }

  var source: VerifiedTensorSource {
    VerifiedTensorSource(
      digest: digest, keeps: keeps, place: Place(file: "f", path: "t")
    ) { () throws(MRDLError) in
      self.count.wrappingAdd(1, ordering: .relaxed)
      return Tensor([1, 0, 1] as [UInt8])
    }
  }
}

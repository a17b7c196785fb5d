import MRDLCore
import MRDLHDF5
import MRDLHDF5Writing
import MRDLModel
import SampleModels
import TestDirectories
import Testing

/// What libhdf5 writes, our own reader reads.
@Suite struct WriterTests {
  private static let storages: [HDF5WritingOptions] = [
    .contiguous, HDF5WritingOptions(chunkByteCount: 16),
    HDF5WritingOptions(shuffles: true, deflateLevel: 9),
    HDF5WritingOptions(
      chunkByteCount: 24, shuffles: true, deflateLevel: 1, hasChecksums: true),
    HDF5WritingOptions(hasChecksums: true),
  ]

  @Test(arguments: storages, [OpeningOptions.Memory.mapped, .copied])
  func everythingSurvives(
    storage: HDF5WritingOptions, memory: OpeningOptions.Memory
  ) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.h5")
    for model in [
      SampleModels.linear(), SampleModels.allScalarTypes(), SampleModels.values(),
    ] {
      try HDF5ModelFile.write(model, to: path, replacing: true, options: storage)
      let diagnostics = Diagnostics()
      let copy = try HDF5ModelFile.open(
        path, options: OpeningOptions(memory: memory), diagnostics: diagnostics)
      #expect(diagnostics.findings.allSatisfy { $0.code == .unusedTensor })
      try expectEqual(copy, model)
      _ = HDF5ModelFile.verify(
        try FileContent.map(path), name: path, diagnostics: diagnostics)
      #expect(diagnostics.findings.allSatisfy { $0.code == .unusedTensor })
    }
    #expect(try directory.names() == ["model.h5"])
  }

  @Test func everyShapeSurvives() throws {
    let shapes: [Shape] = [[], [0], [1], [63], [64], [65], [2, 0, 3], [1, 1, 1, 1], [5, 7, 3]]
    let directory = try TemporaryDirectory()
    for (number, storage) in Self.storages.enumerated() {
      let path = directory.file("shapes\(number).h5")
      let model = SampleModels.weights(
        shapes.enumerated().map { index, shape in
          ModelTensor(
            "t\(index)",
            Tensor(
              [UInt16](repeating: UInt16(index + 300), count: shape.elementCount), shape: shape)
          )
        })
      try HDF5ModelFile.write(model, to: path, options: storage)
      try expectEqual(HDF5ModelFile.open(path), model)
    }
  }

  /// Tensors in one piece are used where they are in the file; those in chunks are not.
  @Test func tensorsOf64BytesAreMapped() throws {
    let directory = try TemporaryDirectory()
    let model = SampleModels.weights(
      (16..<48).map { count in
        ModelTensor("t\(count)", Tensor([Float](repeating: Float(count), count: count)))
      })
    let path = directory.file("mapped.h5")
    try HDF5ModelFile.write(model, to: path)
    for tensor in try HDF5ModelFile.open(path).tensors {
      let bytes = try tensor.load()
      #expect(bytes.storage.isMapped, "\(tensor.info.name)")
      #expect(bytes.isAligned(toByteCount: Storage.alignment))
    }
    let chunked = directory.file("chunked.h5")
    try HDF5ModelFile.write(model, to: chunked, options: HDF5WritingOptions(chunkByteCount: 64))
    for tensor in try HDF5ModelFile.open(chunked).tensors {
      #expect(try !tensor.load().storage.isMapped)
    }
  }

  @Test func namesThatMeanSomethingInPaths() throws {
    let names = ["a", "a/b", ".", "..", "/", "%2F", "x\0y", "é", "☃/雪", "tensors"]
    let directory = try TemporaryDirectory()
    let path = directory.file("names.h5")
    let model = SampleModels.weights(
      names.enumerated().map { ModelTensor($1, Tensor([Float($0)])) })
    try HDF5ModelFile.write(model, to: path)
    try expectEqual(HDF5ModelFile.open(path), model)
  }

  @Test func thousandsOfTensors() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("many.h5")
    let model = SampleModels.weights(
      (0..<3000).map { ModelTensor("layer\($0)/weight", Tensor([Int32($0)])) })
    try HDF5ModelFile.write(model, to: path)
    try expectEqual(HDF5ModelFile.open(path), model)
  }

  @Test func modelWithoutTensors() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("empty.h5")
    try HDF5ModelFile.write(Model(graph: Graph()), to: path)
    #expect(try HDF5ModelFile.open(path).tensors.isEmpty)
  }

  @Test(arguments: storages)
  func sameModelGivesSameBytes(storage: HDF5WritingOptions) throws {
    let directory = try TemporaryDirectory()
    let first = directory.file("first.h5")
    let second = directory.file("second.h5")
    let root = try HDF5ModelFile.write(SampleModels.linear(), to: first, options: storage)
    #expect(
      try HDF5ModelFile.write(HDF5ModelFile.open(first), to: second, options: storage) == root)
    #expect(try HDF5ModelFile.rootDigest(of: first) == root)
    #expect(try bytes(of: first) == bytes(of: second))
  }

  @Test func fileCanBeReplacedByItself() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.h5")
    try HDF5ModelFile.write(SampleModels.linear(), to: path)
    let mapped = try HDF5ModelFile.open(path)
    try HDF5ModelFile.write(mapped, to: path, replacing: true)
    try expectEqual(HDF5ModelFile.open(path), SampleModels.linear())
    try expectEqual(mapped, SampleModels.linear())
  }

  @Test func existingFileStays() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.h5")
    try HDF5ModelFile.write(SampleModels.linear(), to: path)
    let before = try bytes(of: path)
    #expect(
      failure { try HDF5ModelFile.write(SampleModels.allScalarTypes(), to: path) }?.code
        == .wouldOverwrite)
    // A writer that is dropped half-way.
    do {
      let model = SampleModels.allScalarTypes()
      var writer = try HDF5ModelWriter(ModelHeader(model), path: path, replacing: true)
      for tensor in model.tensors.prefix(3) { try writer.append(tensor.load()) }
      #expect(writer.appendedCount == 3)
      #expect(try directory.names().count == 2)
    }
    #expect(try bytes(of: path) == before)
    #expect(try directory.names() == ["model.h5"])
  }

  @Test func wrongTensor() throws {
    let directory = try TemporaryDirectory()
    var writer = try HDF5ModelWriter(
      ModelHeader(SampleModels.linear()), path: directory.file("model.h5"), replacing: false)
    let thrown: MRDLError?
    do throws(MRDLError) {
      try writer.append(Tensor([1, 2] as [Float]))
      thrown = nil
    } catch {
      thrown = error
    }
    #expect(thrown?.code == .wrongByteCount)
    #expect(thrown?.place.path == "w")
  }

  @Test func wherePathsCannotBeWritten() throws {
    let directory = try TemporaryDirectory()
    for path in ["/dev/null", directory.path, directory.file("no/such.h5")] {
      let found = failure {
        try HDF5ModelFile.write(SampleModels.linear(), to: path, replacing: true)
      }
      #expect(found?.code == .cannotCreate, "\(path)")
    }
    #expect(try directory.names().isEmpty)
  }

  /// Builds of libhdf5 without threads must not be called by two at once.
  @Test func writersOnManyThreads() async throws {
    let directory = try TemporaryDirectory()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          let path = directory.file("model\(number).h5")
          try HDF5ModelFile.write(SampleModels.allScalarTypes(), to: path)
          try expectEqual(HDF5ModelFile.open(path), SampleModels.allScalarTypes())
        }
      }
      try await group.waitForAll()
    }
  }

  private func failure<Result>(_ body: () throws -> Result) -> MRDLError? {
    MRDLHDF5WritingTests.failure(of: body)
  }
}

func bytes(of path: String) throws -> [UInt8] {
  try FileContent.read(path).withUnsafeBytes { Array($0) }
}

/// Compares headers as text and tensors byte by byte.
func expectEqual(
  _ found: Model, _ expected: Model, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(
    ModelHeader(found).encoded() == ModelHeader(expected).encoded(),
    sourceLocation: sourceLocation)
  try #require(found.tensors.count == expected.tensors.count, sourceLocation: sourceLocation)
  for (left, right) in zip(found.tensors, expected.tensors) {
    let left = try left.load().withUnsafeBytes { Array($0) }
    let right = try right.load().withUnsafeBytes { Array($0) }
    #expect(left == right, sourceLocation: sourceLocation)
  }
}

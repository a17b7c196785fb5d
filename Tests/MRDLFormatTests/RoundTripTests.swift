import MRDLCore
import MRDLFormat
import MRDLModel
import SampleModels
import TestDirectories
import Testing

@Suite struct RoundTripTests {
  static let shapes: [Shape] = [[], [0], [1], [63], [64], [65], [2, 0, 3], [1, 1, 1, 1], [5, 7]]

  @Test(arguments: [OpeningOptions.Memory.mapped, .copied])
  func everythingSurvives(memory: OpeningOptions.Memory) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.mrdl")
    let model = SampleModels.linear()
    try MRDLFile.write(model, to: path)
    let diagnostics = Diagnostics()
    let copy = try MRDLFile.open(
      path, options: OpeningOptions(memory: memory), diagnostics: diagnostics)
    #expect(diagnostics.findings.isEmpty)
    try expectEqual(copy, model)
    #expect(try copy.tensors.allSatisfy { try $0.load().storage.isMapped == (memory == .mapped) })
    #expect(try directory.names() == ["model.mrdl"])
  }

  @Test func everyScalarTypeSurvives() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("types.mrdl")
    let model = SampleModels.allScalarTypes()
    try MRDLFile.write(model, to: path)
    try expectEqual(MRDLFile.open(path), model)
  }

  @Test func everyShapeSurvivesAlignedAndInPlace() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("shapes.mrdl")
    let model = SampleModels.weights(
      Self.shapes.enumerated().map { index, shape in
        ModelTensor(
          "t\(index)",
          Tensor([UInt8](repeating: UInt8(index), count: shape.elementCount), shape: shape))
      })
    try MRDLFile.write(model, to: path)
    let copy = try MRDLFile.open(path)
    try expectEqual(copy, model)
    for tensor in copy.tensors { #expect(try tensor.load().isAligned(toByteCount: 64)) }
  }

  @Test func modelWithoutTensors() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("empty.mrdl")
    try MRDLFile.write(Model(graph: Graph()), to: path)
    #expect(try MRDLFile.open(path).tensors.isEmpty)
    let diagnostics = Diagnostics()
    #expect(try MRDLFile.verify(path, diagnostics: diagnostics) != nil)
    #expect(diagnostics.findings.isEmpty)
  }

  @Test func sameModelGivesSameBytes() throws {
    let directory = try TemporaryDirectory()
    let first = directory.file("first.mrdl")
    let second = directory.file("second.mrdl")
    let root = try MRDLFile.write(SampleModels.linear(), to: first)
    // Through a file, so that the second one is written from mapped tensors.
    #expect(try MRDLFile.write(MRDLFile.open(first), to: second) == root)
    #expect(try MRDLFile.rootDigest(of: first) == root)
    #expect(try bytes(of: first) == bytes(of: second))
  }

  @Test func fileCanBeReplacedByItself() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.mrdl")
    try MRDLFile.write(SampleModels.linear(), to: path)
    let mapped = try MRDLFile.open(path)
    try MRDLFile.write(mapped, to: path, replacing: true)
    try expectEqual(MRDLFile.open(path), SampleModels.linear())
    try expectEqual(mapped, SampleModels.linear())
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

import MRDLCore
import MRDLFormat
import MRDLInterchange
import MRDLModel
import TestDirectories
import Testing

/// Weights put into architectures by name and by a mapping.
struct WeightMergingTests {
  let work: TemporaryDirectory

  init() throws { work = try TemporaryDirectory() }

  private func architecture() throws -> Model {
    var model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 2])],
        outputs: [ValueInfo("y", .float32, ["N", 2])],
        nodes: [
          Node("Gemm", inputs: ["x", "fc.weight", "fc.bias"], outputs: ["h"]),
          Node("Mul", inputs: ["h", "scale"], outputs: ["s"]),
          Node("Reshape", inputs: ["s", "shape"], outputs: ["y"]),
        ]), opsets: ["": 28])
    for (name, tensor) in [
      ("fc.weight", Tensor([Float](repeating: 0, count: 4), shape: [2, 2])),
      ("fc.bias", Tensor([Float](repeating: 0, count: 2))), ("scale", Tensor(scalar: Float(1))),
      ("shape", Tensor([Int64(-1), 2])), ("golden/y", Tensor([Float(0)])),
      ("golden/x", Tensor([Float(0)])),
    ] {
      model.tensors[name] = ModelTensor(name, tensor)
    }
    model.goldenVectors = [
      GoldenVector(
        name: "g", inputs: ["x": "golden/x"], outputs: ["y": "golden/y"], absoluteTolerance: 0,
        relativeTolerance: 0)
    ]
    return model
  }

  private func weights(_ tensors: [(String, Tensor)]) throws -> String {
    var model = Model(graph: Graph())
    for (name, tensor) in tensors { model.tensors[name] = ModelTensor(name, tensor) }
    let path = work.file("weights.mrdl")
    _ = try MRDLFile.write(model, to: path, replacing: true)
    return path
  }

  private func written(_ model: Model) throws -> String {
    let path = work.file("architecture.mrdl")
    _ = try MRDLFile.write(model, to: path, replacing: true)
    return path
  }

  private static let weight = Tensor([Float(1), 2, 3, 4], shape: [2, 2])
  private static let bias = Tensor([Float(5), 6])

  @Test func byName() throws {
    let log = ConversionLog()
    let merged = try ArchitectureFile.open(
      written(architecture()),
      weights: weights([
        ("fc.weight", Self.weight), ("model.fc.bias", Self.bias), ("more", Self.bias),
      ]), log: log)
    #expect(try merged.tensors["fc.weight"]?.load().elements(as: Float.self) == [1, 2, 3, 4])
    // The only name that ends so.
    #expect(try merged.tensors["fc.bias"]?.load().elements(as: Float.self) == [5, 6])
    // Scalars and whole numbers stay.
    #expect(try merged.tensors["shape"]?.load().elements(as: Int64.self) == [-1, 2])
    #expect(merged.goldenVectors.isEmpty)
    #expect(merged.tensors["golden/y"] == nil)
    #expect(
      log.entries.filter { $0.kind == .dropped }.map(\.source) == ["1 golden vector", "more"])
  }

  @Test func byAMapping() throws {
    let mapping: [String: String?] = ["fc.weight": "w", "fc.bias": nil]
    let merged = try ArchitectureFile.open(
      written(architecture()), weights: weights([("w", Self.weight)]), mapping: mapping)
    #expect(try merged.tensors["fc.weight"]?.load().elements(as: Float.self) == [1, 2, 3, 4])
    #expect(try merged.tensors["fc.bias"]?.load().elements(as: Float.self) == [0, 0])
  }

  @Test func otherTypes() throws {
    let log = ConversionLog()
    let merged = try ArchitectureFile.open(
      written(architecture()),
      weights: weights([
        ("fc.weight", Tensor([Double](repeating: 0.1, count: 4), shape: [2, 2])),
        ("fc.bias", Tensor([Half(0.5), Half(2)])),
      ]), log: log)
    #expect(try merged.tensors["fc.weight"]?.load().elements(as: Float.self)[0] == 0.1)
    #expect(try merged.tensors["fc.bias"]?.load().elements(as: Float.self) == [0.5, 2])
    #expect(log.entries.filter { $0.kind == .approximated }.map(\.source) == ["fc.weight"])
  }

  @Test func whatDoesNotFit() throws {
    let path = try written(architecture())
    for tensors: [(String, Tensor)] in [
      [("fc.weight", Self.weight)],
      [("fc.weight", Self.weight), ("fc.bias", Self.weight)],
      [("fc.weight", Self.weight), ("a.fc.bias", Self.bias), ("b.fc.bias", Self.bias)],
    ] {
      let weights = try weights(tensors)
      let error = #expect(throws: MRDLError.self) {
        try ArchitectureFile.open(path, weights: weights)
      }
      #expect(error?.code == .weightMismatch)
    }
    let weights = try weights([("fc.weight", Self.weight)])
    #expect(throws: MRDLError.self) {
      try ArchitectureFile.open(path, weights: weights, mapping: ["fc.bias": "none"])
    }
  }

  @Test func headersAsJSON() throws {
    let header = ModelHeader(try architecture()).encodedText()
    let path = work.file("header.json")
    var file = try AtomicFile(path: path, replacing: false)
    try file.write(header)
    try file.commit()
    let weights = try weights([
      ("fc.weight", Self.weight), ("fc.bias", Self.bias), ("scale", Tensor(scalar: Float(2))),
      ("shape", Tensor([Int64(-1), 2])),
    ])
    let merged = try ArchitectureFile.open(path, weights: weights)
    #expect(merged.tensors.names == ["fc.weight", "fc.bias", "scale", "shape"])
    #expect(try merged.tensors["scale"]?.load().elements(as: Float.self) == [2])
    // Nothing can be kept of a header: it has no numbers.
    let fewer = try self.weights([("fc.weight", Self.weight), ("fc.bias", Self.bias)])
    #expect(throws: MRDLError.self) { try ArchitectureFile.open(path, weights: fewer) }
  }
}

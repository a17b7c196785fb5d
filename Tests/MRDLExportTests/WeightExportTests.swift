import MRDLCore
import MRDLExport
import MRDLInterchange
import MRDLModel
import TestDirectories
import Testing

/// Weights that are written, read again.
struct WeightExportTests {
  private static func weights(_ types: [ScalarType]) -> Model {
    var model = Model(graph: Graph())
    for (index, type) in types.enumerated() {
      let name = "layer/\(index).\(type.rawValue)"
      var tensor = Tensor(zeros: Shape([3, 2 * index]), scalarType: type)
      tensor.withUnsafeMutableBytes { bytes in
        for position in bytes.indices {
          bytes[position] = UInt8(type == .bool ? position % 2 : position % 100)
        }
      }
      model.tensors[name] = ModelTensor(name, tensor)
    }
    return model
  }

  private static func expectEqual(_ left: Model, _ right: Model) throws {
    #expect(left.tensors.names == right.tensors.names)
    for tensor in left.tensors {
      let other = try #require(right.tensors[tensor.info.name])
      #expect(other.info == tensor.info)
      let bytes = try other.load().withUnsafeBytes { Array($0) }
      #expect(try tensor.load().withUnsafeBytes { Array($0) } == bytes)
    }
  }

  @Test func safetensors() throws {
    let work = try TemporaryDirectory()
    let path = work.file("w.safetensors")
    var model = Self.weights(ScalarType.allCases.filter { $0.safetensorsName != nil })
    model.card.license = "MIT"
    model.card.authors = ["A", "B"]
    try SafetensorsFile.write(model, to: path, replacing: false)
    let back = try ModelFile.open(path)
    try Self.expectEqual(model, back)
    #expect(back.isWeightsOnly)
    #expect(back.card == model.card)
    // Wide types come first, so that every tensor is aligned for its own.
    let widths = back.tensors.map(\.info.scalarType.bitWidth)
    #expect(widths == widths.sorted(by: >))
  }

  @Test func safetensorsRefuseWhatTheyLack() throws {
    let work = try TemporaryDirectory()
    let path = work.file("w.safetensors")
    for type in [ScalarType.int4, .bit, .float8E4M3FNUZ] {
      #expect(throws: MRDLError.self) {
        try SafetensorsFile.write(Self.weights([.float32, type]), to: path, replacing: false)
      }
    }
    #expect(FileSystem.kind(of: path) == nil)
  }

  @Test func arrays() throws {
    let work = try TemporaryDirectory()
    let path = work.file("w.npz")
    let model = Self.weights(
      ScalarType.allCases.filter { $0.isComputable && $0 != .bfloat16 })
    try NPZ.write(model, to: path, replacing: false)
    let back = try ModelFile.open(path)
    try Self.expectEqual(model, back)
    // Elements are aligned in the file, so that they need no copy.
    for tensor in back.tensors { #expect(try tensor.load().storage.isMapped) }
  }

  @Test func arraysHoldWiderNumbersWhereNumPyLacksTheType() throws {
    let work = try TemporaryDirectory()
    let path = work.file("w.npz")
    var model = Model(graph: Graph())
    model.tensors["x"] = ModelTensor("x", Tensor([BFloat16(1.5), BFloat16(-0.25)]))
    let log = ConversionLog()
    try NPZ.write(model, to: path, replacing: false, log: log)
    let back = try #require(try ModelFile.open(path).tensors["x"]).load()
    #expect(back.elements(as: Float.self) == [1.5, -0.25])
    #expect(log.entries.map(\.source) == ["x"])
  }

  @Test(arguments: ["../x", "/x", "a//b", "a/./b", "c:x", ""])
  func namesThatAnArchiveCannotHold(name: String) throws {
    let work = try TemporaryDirectory()
    var model = Model(graph: Graph())
    model.tensors[name] = ModelTensor(name, Tensor([Float(1)]))
    #expect(throws: MRDLError.self) {
      try NPZ.write(model, to: work.file("w.npz"), replacing: false)
    }
  }

  @Test func theArchitectureIsReportedAsLeftOut() throws {
    let work = try TemporaryDirectory()
    var model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, [1])], outputs: [ValueInfo("y", .float32, [1])],
        nodes: [Node("Add", inputs: ["x", "w"], outputs: ["y"])]))
    for name in ["w", "golden/x"] { model.tensors[name] = ModelTensor(name, Tensor([Float(1)])) }
    let log = ConversionLog()
    let path = work.file("w.safetensors")
    try SafetensorsFile.write(model, to: path, replacing: false, log: log)
    #expect(log.count(of: .dropped) == 1)
    #expect(try ModelFile.open(path).tensors.names == ["w"])
  }
}

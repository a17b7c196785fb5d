import Foundation
import MRDLCore
import MRDLFormat
import MRDLModel
import SampleModels
import TestDirectories
import Testing

@Suite struct WriterTests {
  @Test func existingFileIsKeptUnlessToldOtherwise() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.mrdl")
    try MRDLFile.write(SampleModels.linear(), to: path)
    let before = try bytes(of: path)
    #expect(
      failure(of: { try MRDLFile.write(SampleModels.allScalarTypes(), to: path) })?.code
        == .wouldOverwrite)
    #expect(try bytes(of: path) == before)
  }

  @Test func droppedWriterLeavesNoTrace() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.mrdl")
    try MRDLFile.write(SampleModels.linear(), to: path)
    let before = try bytes(of: path)
    let model = SampleModels.allScalarTypes()
    func begin() throws {
      var writer = try ModelWriter(ModelHeader(model), path: path, replacing: true)
      try writer.append(model.tensors[0].load())
      #expect(writer.appendedCount == 1)
    }
    try begin()
    #expect(try bytes(of: path) == before)
    #expect(try directory.names() == ["model.mrdl"])
  }

  @Test func killedWriterLeavesTheOldFile() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.mrdl")
    try MRDLFile.write(SampleModels.linear(), to: path)
    let before = try bytes(of: path)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let model = SampleModels.weights([
        ModelTensor("a", Tensor([Float](repeating: 1, count: 1 << 16))),
        ModelTensor("b", Tensor([Float](repeating: 2, count: 1 << 16))),
      ])
      var writer = try ModelWriter(ModelHeader(model), path: path, replacing: true)
      try writer.append(model.tensors[0].load())
      kill(getpid(), SIGKILL)
    }
    #expect(try bytes(of: path) == before)
    #expect(try directory.names().contains { $0.hasSuffix(".tmp") })
    // What the dead writer left behind is in nobody's way.
    try MRDLFile.write(SampleModels.allScalarTypes(), to: path, replacing: true)
    try expectEqual(MRDLFile.open(path), SampleModels.allScalarTypes())
  }

  @Test func tensorMustBeWhatTheHeaderSays() throws {
    let directory = try TemporaryDirectory()
    let header = ModelHeader(
      SampleModels.weights([ModelTensor("w", Tensor(zeros: [2, 3]))]))
    for tensor in [Tensor(zeros: [3, 2]), Tensor(zeros: [2, 3], scalarType: .int32)] {
      let path = directory.file("model.mrdl")
      #expect(
        failure(of: {
          var writer = try ModelWriter(header, path: path, replacing: false)
          try writer.append(tensor)
        })?.code == .wrongByteCount)
    }
    #expect(try directory.names().isEmpty)
  }

  @Test func outputsThatCannotBeWritten() throws {
    let directory = try TemporaryDirectory()
    let model = SampleModels.linear()
    #expect(
      failure(of: { try MRDLFile.write(model, to: directory.file("none/model.mrdl")) })?.code
        == .cannotCreate)
    #expect(
      failure(of: { try MRDLFile.write(model, to: directory.path, replacing: true) })?.code
        == .cannotCreate)
    #if os(Linux)
      #expect(failure(of: { try MRDLFile.write(model, to: "/dev/full") })?.code == .writeFailed)
      #expect(failure(of: { try MRDLFile.write(model, to: "/dev/null") }) == nil)
    #endif
  }

  struct Unsound: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: FindingCode
    let change: @Sendable (inout Model) -> Void
  }

  static let unsound: [Unsound] = [
    Unsound(testDescription: "undefined value", code: .undefinedValue) {
      $0.graph.nodes[0].inputs[0] = "z"
    },
    Unsound(testDescription: "undefined output", code: .undefinedOutput) {
      $0.graph.outputs[0].name = "z"
    },
    Unsound(testDescription: "missing golden tensor", code: .missingTensor) {
      $0.goldenVectors[0].inputs["x"] = "z"
    },
    Unsound(testDescription: "NaN in a number", code: .badValue) {
      $0.preprocessing["x"] = .image(ImagePreprocessing(colorSpace: .grey, scale: .nan))
    },
    Unsound(testDescription: "zero deviation", code: .badValue) {
      $0.preprocessing["x"] = .features(
        FeaturePreprocessing(names: ["a"], mean: [0], standardDeviation: [0]))
    },
    Unsound(testDescription: "axes", code: .badValue) { $0.tensors["w"]?.info.axes = "I" },
    Unsound(testDescription: "rank", code: .limitExceeded) {
      $0.tensors["w"] = ModelTensor(
        "w", Tensor(zeros: Shape([Int](repeating: 1, count: 33))))
    },
    Unsound(testDescription: "long name", code: .limitExceeded) {
      $0.graph.nodes[0].name = String(repeating: "n", count: 5000)
    },
  ]

  /// What no reader would take is not written.
  @Test(arguments: unsound)
  func unsoundModelIsRefused(unsound: Unsound) throws {
    let directory = try TemporaryDirectory()
    var model = SampleModels.linear()
    unsound.change(&model)
    #expect(
      failure(of: { try MRDLFile.write(model, to: directory.file("model.mrdl")) })?.code
        == unsound.code)
    #expect(try directory.names().isEmpty)
  }
}

import MRDLCore
import MRDLFormat
import MRDLModel
import Testing

/// Scores of models that take so many samples at once and no other number.
struct FixedBatchTests {
  let work: TemporaryDirectory

  init() throws { work = try TemporaryDirectory() }

  private func accuracy(_ model: Model, _ data: String) throws -> JSONValue? {
    let path = work.path("m.mrdl")
    try MRDLFile.write(model, to: path)
    let score = try Tool.infer.run(path, "--evaluate", data, "--format", "json")
    #expect(score.exitCode == 0, "\(score.errors)")
    let result = try JSONParser.parse(score.output)
    #expect(result["samples"] == .integer(10))
    return result["measures"]?["accuracy"]
  }

  /// What tells bright pictures from dark ones, four at a time.
  private func pictureModel(_ labels: [String]) throws -> Model {
    var model = try SampleModel.model()
    model.goldenVectors = []
    model.graph.inputs[0].shape = [4, 1, 4, 4]
    model.graph.outputs[0].shape = [4, 2]
    model.meanings["y"]?.labels = labels
    return model
  }

  /// Ten pictures, the last of which is told wrongly.
  private func isBright(_ index: Int) -> Bool { index.isMultiple(of: 3) != (index == 9) }

  /// Pictures of the same size run together, whatever the others are.
  @Test(arguments: [true, false]) func foldersAreScored(batchIsFixed: Bool) throws {
    for label in ["dark", "bright"] { try FileSystem.createDirectory(work.path("data/\(label)")) }
    for index in 0..<10 {
      let folder = index.isMultiple(of: 3) ? "bright" : "dark"
      let size = [4, 4, 9, 6, 4][index / 2]
      _ = try SampleModel.picture(
        isBright(index) ? 250 : 5, width: size, to: work.path("data/\(folder)/\(index).png"))
    }
    var model = try pictureModel(["dark", "bright"])
    if !batchIsFixed {
      model.graph.inputs[0].shape = ["N", 1, 4, 4]
      model.graph.outputs[0].shape = ["N", 2]
    }
    model.preprocessing["x"] = .image(
      ImagePreprocessing(
        colorSpace: .grey, resize: ImagePreprocessing.Resize(fit: .stretch), scale: 1 / 255.0))
    #expect(try accuracy(model, work.path("data")) == .number(0.9))
  }

  @Test func picturesOfAnIDXFileAreScored() throws {
    var pixels: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 4, 0, 0, 0, 4]
    var labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 10]
    for index in 0..<10 {
      pixels += [UInt8](repeating: isBright(index) ? 250 : 5, count: 16)
      labels.append(index.isMultiple(of: 3) ? 1 : 0)
    }
    try FileSystem.createDirectory(work.path("idx"))
    _ = try work.write(pixels, "idx/t10k-images-idx3-ubyte")
    _ = try work.write(labels, "idx/t10k-labels-idx1-ubyte")
    #expect(try accuracy(pictureModel(["0", "1"]), work.path("idx")) == .number(0.9))
  }

  @Test func rowsOfATableAreScored() throws {
    var text = "a,b,c,class\n"
    for row in 0..<10 {
      let largest = row == 9 ? 1 : row % 3
      text += (0..<3).map { $0 == largest ? "2.5," : "\(row % 4 - 2)," }.joined()
      text += "\(row % 3)\n"
    }
    let graph = Graph(
      inputs: [ValueInfo("x", .float32, [4, 3])], outputs: [ValueInfo("y", .float32, [4, 3])],
      nodes: [Node("Identity", inputs: ["x"], outputs: ["y"])])
    #expect(
      try accuracy(Model(graph: graph, opsets: ["": 28]), work.write(Array(text.utf8), "t.csv"))
        == .number(0.9))
  }

  /// The class is the channel whose sum is the larger one where lengths count as they should, whichever of the two
  /// inputs comes first.
  @Test(arguments: [true, false]) func seriesAreScored(hasLengthsFirst: Bool) throws {
    var text = "@problemName Sums\n@classLabel true 0 1\n@data\n"
    for index in 0..<10 {
      let length = 2 + index % 4
      let larger = index == 9 ? 0 : index % 2
      text += (0..<2).map { channel in
        (0..<length).map { _ in channel == larger ? "2" : "1" }.joined(separator: ",")
      }.joined(separator: ":")
      text += ":\(index % 2)\n"
    }
    // The mean over real steps, less one and a half: the first channel's sign tells.
    var graph = Graph(
      inputs: [
        ValueInfo("x", .float32, [4, 2, 5]), ValueInfo("lengths", .int32, [4]),
      ], outputs: [ValueInfo("y", .float32, [4, 2])],
      nodes: [
        Node(
          "ReduceSum", inputs: ["x", "last"], outputs: ["sum"],
          attributes: ["keepdims": .integer(0)]),
        Node("Cast", inputs: ["lengths"], outputs: ["count"], attributes: ["to": .integer(1)]),
        Node("Unsqueeze", inputs: ["count", "one"], outputs: ["counts"]),
        Node("Div", inputs: ["sum", "counts"], outputs: ["mean"]),
        Node("Sub", inputs: ["mean", "middle"], outputs: ["difference"]),
        // What is not half away from the middle, by counts that are not those of the sample, is no answer.
        Node("Abs", inputs: ["difference"], outputs: ["distance"]),
        Node("Sub", inputs: ["distance", "half"], outputs: ["error"]),
        Node("Abs", inputs: ["error"], outputs: ["fault"]),
        Node("Mul", inputs: ["fault", "factors"], outputs: ["turned"]),
        Node("Add", inputs: ["difference", "turned"], outputs: ["y"]),
      ])
    if hasLengthsFirst { graph.inputs.reverse() }
    let model = Model(
      graph: graph, opsets: ["": 28],
      tensors: try TensorTable([
        ModelTensor("last", Tensor([2] as [Int64])), ModelTensor("one", Tensor([1] as [Int64])),
        ModelTensor("middle", Tensor([Float(1.5)], shape: [])),
        ModelTensor("half", Tensor([Float(0.5)], shape: [])),
        ModelTensor("factors", Tensor([100, 0] as [Float])),
      ]))
    #expect(try accuracy(model, work.write(Array(text.utf8), "s.ts")) == .number(0.9))
  }
}

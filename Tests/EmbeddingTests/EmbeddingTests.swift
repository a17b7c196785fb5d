import MRDL
import Testing

/// The examples of the README and of the articles, as they stand there.
struct EmbeddingTests {
  private static let root: String = {
    let file = #filePath
    return FileSystem.directory(of: FileSystem.directory(of: FileSystem.directory(of: file)))
  }()

  private static func example(_ name: String) throws -> String {
    try FileContent.readText(root + "/Tests/EmbeddingTests/Examples/\(name).swift")
  }

  @Test func readmeShowsTheExample() throws {
    let readme = try FileContent.readText(Self.root + "/README.md")
    #expect(readme.contains(try Self.example("LabelOfPixels")))
  }

  @Test(arguments: [
    ("RunningModels", "LabelOfPixels"), ("BuildingModels", "TwoLayers"),
    ("KeepingState", "RunningSum"), ("OpeningOtherFormats", "LabelOfPicture"),
    ("AddingOperators", "Square"),
  ])
  func articleShowsItsExample(article: String, example: String) throws {
    let text = try FileContent.readText(Self.root + "/Sources/MRDL/MRDL.docc/\(article).md")
    #expect(text.contains("```swift\n" + (try Self.example(example)) + "```\n"))
  }

  @Test(arguments: [(Float(0), "dark"), (255, "bright")])
  func exampleNamesAPicture(shade: Float, expected: String) throws {
    var graph = Graph(
      inputs: [ValueInfo("x", .float32, ["N", 1, 28, 28])],
      outputs: [ValueInfo("y", .float32, ["N", 2])])
    graph.nodes = [
      Node("Flatten", inputs: ["x"], outputs: ["rows"]),
      Node("Gemm", inputs: ["rows", "weight", "bias"], outputs: ["y"]),
    ]
    var weights = [Float](repeating: 0, count: 784 * 2)
    for row in 0..<784 { weights[2 * row + 1] = 1 }
    var model = Model(
      graph: graph, opsets: ["": 28],
      tensors: try TensorTable([
        ModelTensor("weight", Tensor(weights, shape: [784, 2])),
        ModelTensor("bias", Tensor([392, 0] as [Float])),
      ]))
    model.preprocessing["x"] = .image(ImagePreprocessing(colorSpace: .grey, scale: 1 / 255.0))
    model.meanings["y"] = OutputMeaning(
      task: .classification, scale: .logits, labels: ["dark", "bright"])
    let path = FileSystem.join(
      FileSystem.directory(of: CommandLine.arguments[0]), "embedding-\(expected).mrdl")
    try MRDLFile.write(model, to: path, replacing: true)
    let found = try label(of: [Float](repeating: shade, count: 784), by: path)
    try FileSystem.removeFile(path)
    #expect(found == expected)
  }

  @Test func twoLayersGiveProbabilities() throws {
    let model = try twoLayers(
      first: (Tensor([1, -1, 0, 2] as [Float], shape: [2, 2]), Tensor([0, 1] as [Float])),
      second: (Tensor([1, 0, 0, 1] as [Float], shape: [2, 2]), Tensor([0, 0] as [Float])))
    var session = Session(try Program(model))
    let y = try session.run(["x": Tensor([3, 1] as [Float], shape: [1, 2])])["y"]
    // x · W1 + b1 = (3, 0); softmax(3, 0) = 1 / (1 + e⁻³), …
    let found = try #require(y).elements(as: Float.self)
    #expect(abs(found[0] - 0.952_574) < 1e-5 && abs(found[1] - 0.047_426) < 1e-5)
  }

  @Test func stateAddsUp() throws {
    var model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, [2]), ValueInfo("sum", .float32, [2])],
        outputs: [ValueInfo("next", .float32, [2])],
        nodes: [Node("Add", inputs: ["x", "sum"], outputs: ["next"])]), opsets: ["": 28])
    model.state = [StateBinding(output: "next", input: "sum")]
    let chunks = [[1, 2], [3, 4], [5, 6]].map { Tensor($0 as [Float]) }
    let sums = try answers(to: chunks, of: model).map { $0.elements(as: Float.self) }
    #expect(sums == [[1, 2], [4, 6], [9, 12]])
  }

  @Test func samplePictureIsNamed() throws {
    let samples = Self.root + "/Samples/"
    #expect(
      try label(
        ofPictureAt: samples + "ankle-boot.png", byModelAt: samples + "lenet-fashion.h5")
        == "Ankle boot")
  }

  @Test func ownOperatorRuns() throws {
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N"])], outputs: [ValueInfo("y", .float32, ["N"])],
        nodes: [Node("Square", domain: "com.example", inputs: ["x"], outputs: ["y"])]),
      opsets: ["": 28, "com.example": 1])
    var session = Session(try programWithSquares(model))
    let y = try session.run(["x": Tensor([-3, 0.5, 2] as [Float])])["y"]
    #expect(y?.elements(as: Float.self) == [9, 0.25, 4])
    #expect(throws: MRDLError.self) { try Program(model) }
  }
}

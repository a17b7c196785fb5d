import MRDL
import Testing

/// The example of the README, as it stands there.
struct EmbeddingTests {
  private static let root: String = {
    let file = #filePath
    return FileSystem.directory(of: FileSystem.directory(of: FileSystem.directory(of: file)))
  }()

  @Test func readmeShowsTheExample() throws {
    let example = try FileContent.readText(Self.root + "/Tests/EmbeddingTests/Example.swift")
    let readme = try FileContent.readText(Self.root + "/README.md")
    #expect(readme.contains(example))
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
}

import MRDLCore
import MRDLFormat
import MRDLImages
import MRDLModel
import MRDLRuntime

/// A model of two classes that tells bright pictures of 4 × 4 pixels from dark ones.
enum SampleModel {
  static func model() throws -> Model {
    var graph = Graph(
      inputs: [ValueInfo("x", .float32, ["N", 1, 4, 4])],
      outputs: [ValueInfo("y", .float32, ["N", 2])])
    graph.nodes = [
      Node("Flatten", name: "flat", inputs: ["x"], outputs: ["rows"]),
      Node("Gemm", name: "dense", inputs: ["rows", "weight", "bias"], outputs: ["logits"]),
      Node("Softmax", name: "softmax", inputs: ["logits"], outputs: ["y"]),
    ]
    var weights = [Float](repeating: 0, count: 32)
    for row in 0..<16 { weights[2 * row + 1] = 0.5 }
    var model = Model(
      graph: graph, opsets: ["": 28],
      tensors: try TensorTable([
        ModelTensor("weight", Tensor(weights, shape: [16, 2])),
        ModelTensor("bias", Tensor([4, 0] as [Float])),
      ]))
    model.preprocessing["x"] = .image(
      ImagePreprocessing(colorSpace: .grey, scale: 1 / 255.0))
    model.meanings["y"] = OutputMeaning(
      task: .classification, scale: .probabilities, labels: ["dark", "bright, or so"])
    model.card.name = "brightness"
    model.card.created = "2026-01-01T00:00:00Z"
    try model.addGoldenVector(
      "half", inputs: ["x": Tensor([Float](repeating: 0.5, count: 16), shape: [1, 1, 4, 4])])
    return model
  }

  /// Writes the model and gives its path.
  static func write(to directory: TemporaryDirectory) throws -> String {
    let path = directory.path("model.mrdl")
    try MRDLFile.write(try model(), to: path)
    return path
  }

  /// Writes a grey picture of one shade and gives its path.
  static func picture(
    _ shade: UInt8, width: Int = 4, height: Int = 4, to path: String
  ) throws -> String {
    let samples = Tensor(
      [UInt8](repeating: shade, count: width * height), shape: [height, width, 1])
    try PNGEncoder.write(Image(samples: samples, colorSpace: .grey), to: path, replacing: true)
    return path
  }
}

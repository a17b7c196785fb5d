import MRDLCore
import MRDLModel

/// A model in which every part of a header occurs, with every kind of value that it can have.
func completeModel() throws -> Model {
  let branch = Graph(
    name: "then", outputs: [ValueInfo("branch/y", .float32, ["N", 4])],
    nodes: [Node("Relu", inputs: ["hidden"], outputs: ["branch/y"])])
  var model = Model(
    graph: Graph(
      name: "all",
      inputs: [
        ValueInfo("x", .float32, ["N", 1, 28, .unknown]),
        ValueInfo("features", .float32, ["N", 2]),
        ValueInfo("previous", .float32, ["N", 4]), ValueInfo("flag", .bool, []),
        ValueInfo("free", .int64, nil),
      ],
      outputs: [
        ValueInfo("y", .float32, ["N", 4]), ValueInfo("next", .float32, ["N", 4]),
        ValueInfo("scores", .float64, nil),
      ],
      nodes: [
        Node(
          "Everything", domain: "mrdl", name: "first node",
          inputs: ["x", "", "w", "features", "free", "previous"],
          outputs: ["hidden", "", "next"],
          attributes: [
            "integer": .integer(.min), "float": .float(0.1), "whole float": .float(2),
            "infinite": .float(.infinity), "negative": .float(-.infinity),
            "string": .string("é\"\\"),
            "integers": .integers([1, -2, .max]), "floats": .floats([1, -.infinity, 0.5]),
            "infinite first": .floats([.infinity]), "strings": .strings(["", "a"]),
            "no integers": .integers([]), "no floats": .floats([]), "no strings": .strings([]),
            "tensor": .tensor("constant"), "a/b~c": .integer(0),
          ]),
        Node(
          "If", inputs: ["flag"], outputs: ["y"],
          attributes: ["then_branch": .graph(branch), "else_branch": .graph(branch)]),
        Node("Cast", inputs: ["y"], outputs: ["scores"]),
      ]),
    opsets: ["": 23, "mrdl": 1])
  let quantization = TensorInfo.Quantization(scale: "scale", zeroPoint: "zero", axis: 1)
  model.tensors = try TensorTable([
    ModelTensor("w", Tensor(zeros: [2, 3], scalarType: .int8), axes: "OI"),
    ModelTensor("scale", Tensor([1, 2, 3] as [Float])),
    ModelTensor("zero", Tensor(zeros: [3], scalarType: .int8)),
    ModelTensor("constant", Tensor(scalar: 7 as Int64)),
    ModelTensor("initial", Tensor(zeros: [1, 4])),
    ModelTensor("golden", Tensor(zeros: [1, 4])),
    ModelTensor("packed", Tensor(zeros: [3], scalarType: .int4)),
  ])
  model.tensors["w"]?.info.quantization = quantization
  model.preprocessing = [
    "x": .image(
      ImagePreprocessing(
        colorSpace: .rgb, layout: .nhwc,
        resize: ImagePreprocessing.Resize(
          fit: .centerCrop, interpolation: .cubic, antialias: false, shorterSide: 256, height: 224,
          width: 192),
        scale: 1 / 255, mean: [0.485, 0.456, 0.406], standardDeviation: [0.229])),
    "features": .features(
      FeaturePreprocessing(names: ["a", "b"], mean: [1, 2], standardDeviation: [3])),
  ]
  model.meanings = [
    "y": OutputMeaning(task: .classification, scale: .logits, labels: ["a", "b", "c", "d"]),
    "scores": OutputMeaning(task: .labelling, scale: .scores, threshold: 0.5),
  ]
  model.card.name = "name"
  model.card.description = "two\nlines"
  model.card.authors = ["A", "B"]
  model.card.license = "Apache-2.0 OR MIT"
  model.card.datasets = [
    ModelCard.Dataset(name: "d", split: "train", sampleCount: 60_000, digest: "00ff"),
    ModelCard.Dataset(name: "d", split: "test", sampleCount: 0),
  ]
  model.card.metrics = [
    ModelCard.Metric(name: "accuracy", value: 0.5, dataset: "d", split: "test"),
    ModelCard.Metric(name: "loss", value: .infinity, dataset: "d", split: "test"),
  ]
  model.card.baseModel = "base"
  model.card.producer = "tests"
  model.card.created = "2026-01-01T00:00:00Z"
  model.goldenVectors = [
    GoldenVector(
      name: "g",
      inputs: [
        "x": "golden", "features": "golden", "previous": "golden", "flag": "golden",
        "free": "golden",
      ],
      outputs: ["y": "golden"], absoluteTolerance: 0, relativeTolerance: 1e-3)
  ]
  model.state = [
    StateBinding(output: "next", input: "previous", initial: "initial")
  ]
  model.training = TrainingRecord(
    recipe: .object(["epochs": .integer(3), "nested": .array([.null, .bool(true)])]),
    seed: .max, instructionSet: "avx2",
    history: [
      TrainingRecord.Epoch(epoch: 1, values: ["loss": 0.5, "validation_loss": .infinity]),
      TrainingRecord.Epoch(epoch: 2, values: [:]),
    ])
  return model
}

/// A header of the given parts, right unless a test makes one wrong.
func header(
  version: String = "\"1.0\"", graph: String = "", nodes: String = "", tensors: String = "",
  extra: String = ""
) -> String {
  """
  {"format":"MRDL","version":\(version),"opsets":{"":23},"graph":{"inputs":[\
  {"name":"x","type":"f32","shape":["N",3]}],"outputs":[{"name":"y","type":"f32"}],\
  "nodes":[{"operator":"Relu","inputs":["x"],"outputs":["y"]}\(nodes)]\(graph)},\
  "tensors":[\(tensors)]\(extra)}
  """
}

/// Reads a header as a container does.
func decode(_ text: String, limits: Limits = .standard, diagnostics: Diagnostics = Diagnostics())
  throws(MRDLError) -> ModelHeader
{
  try Array(text.utf8).withRawBytes { (bytes) throws(MRDLError) in
    try ModelHeader(decoding: bytes, limits: limits, diagnostics: diagnostics)
  }
}

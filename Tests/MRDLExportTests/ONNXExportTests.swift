import MRDLCore
import MRDLExport
import MRDLInterchange
import MRDLModel
import TestDirectories
import Testing

/// ONNX files that are written, read again by the reader that the `onnx` package vouches for.
struct ONNXExportTests {
  /// A model with every kind of attribute, a graph inside a node, open extents and everything around it.
  private static func model() -> Model {
    let branch = Graph(
      name: "then", outputs: [ValueInfo("t", .float32, nil)],
      nodes: [Node("Add", inputs: ["h", "w"], outputs: ["t"])])
    let other = Graph(
      name: "else", outputs: [ValueInfo("e", .float32, nil)],
      nodes: [Node("Neg", inputs: ["h"], outputs: ["e"])])
    let graph = Graph(
      name: "g",
      inputs: [
        ValueInfo("x", .float32, ["N", 4, .unknown]), ValueInfo("flag", .bool, []),
      ],
      outputs: [ValueInfo("y", .float32, nil), ValueInfo("z", .float32, ["N", 4, .unknown])],
      nodes: [
        Node(
          "Clip", name: "limit", inputs: ["x", "", "w"], outputs: ["h"]),
        Node(
          "If", inputs: ["flag"], outputs: ["y"],
          attributes: ["then_branch": .graph(branch), "else_branch": .graph(other)]),
        Node(
          "Custom", domain: "example.org", inputs: ["h"], outputs: ["z"],
          attributes: [
            "integer": .integer(-3), "float": .float(0.5), "string": .string("näher"),
            "integers": .integers([1, -2, .max]), "floats": .floats([0.25, -.infinity]),
            "strings": .strings(["a", ""]), "tensor": .tensor("z.tensor"),
          ]),
      ])
    var model = Model(graph: graph, opsets: ["": 28, "example.org": 3])
    for (name, tensor) in [
      ("w", Tensor(scalar: Float(2))), ("z.tensor", Tensor([Int64(7), 8], shape: [2, 1])),
    ] {
      model.tensors[name] = ModelTensor(name, tensor)
    }
    model.card.name = "g"
    model.card.license = "MIT"
    model.card.authors = ["A", "B"]
    model.meanings["y"] = OutputMeaning(task: .classification, scale: .logits, labels: ["a", "b"])
    return model
  }

  private static func contents(_ model: Model) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for tensor in model.tensors {
      contents["\(tensor.info.name) \(tensor.info.scalarType) \(tensor.info.shape)"] =
        try tensor.load().withUnsafeBytes { Array($0) }
    }
    return contents
  }

  @Test func everythingComesBack() throws {
    let work = try TemporaryDirectory()
    let path = work.file("model.onnx")
    let model = Self.model()
    try ONNXFile.write(model, to: path, replacing: false)
    let back = try ModelFile.open(path)
    #expect(back.graph == model.graph)
    #expect(back.card == model.card)
    #expect(back.meanings == model.meanings)
    #expect(back.tensors.names == model.tensors.names)
    #expect(try back.tensors["w"]?.load().elements(as: Float.self) == [2])
  }

  @Test func largeTensorsGoToAFileOfTheirOwn() throws {
    let work = try TemporaryDirectory()
    let path = work.file("model.onnx")
    var model = Self.model()
    for (index, count) in [5000, 10, 300].enumerated() {
      let name = "t\(index)"
      let values = (0..<count).map { Float($0 + index) }
      model.tensors[name] = ModelTensor(name, Tensor(values))
      model.graph.nodes.insert(Node("Identity", inputs: [name], outputs: ["o\(index)"]), at: 0)
    }
    try ONNXFile.write(model, to: path, replacing: false, messageByteCountLimit: 4096)
    let byteCount = try #require(FileSystem.byteCount(of: path))
    #expect(byteCount < 4096)
    // Each begins at a page.
    #expect(FileSystem.byteCount(of: path + ".data") == 20480 + 1200)
    let back = try ModelFile.open(path)
    for tensor in model.tensors
    where tensor.info.name.hasPrefix("t") && tensor.info.name != "z.tensor" {
      let found = try #require(back.tensors[tensor.info.name]).load()
      #expect(try found.elements(as: Float.self) == tensor.load().elements(as: Float.self))
    }
  }

  @Test func outputsThatNoNodeMakes() throws {
    let work = try TemporaryDirectory()
    let path = work.file("model.onnx")
    var model = Model(
      graph: Graph(
        name: "g", inputs: [ValueInfo("x", .float32, [2])],
        outputs: [ValueInfo("w", .float32, [2]), ValueInfo("y", .float32, [2])],
        nodes: [Node("Add", inputs: ["x", "w"], outputs: ["y"])]))
    model.tensors["w"] = ModelTensor("w", Tensor([Float(1), 2]))
    try ONNXFile.write(model, to: path, replacing: false)
    let back = try ModelFile.open(path)
    #expect(back.graph.outputs.map(\.name) == ["w", "y"])
    #expect(back.graph == model.graph)
  }

  @Test func valuesThatAreNoTensorsComeBack() throws {
    let work = try TemporaryDirectory()
    let path = work.file("model.onnx")
    let model = Model(
      graph: Graph(
        name: "g",
        inputs: [
          ValueInfo("s", .float32, ["N", .unknown], kind: .sequence),
          ValueInfo("o", .int64, [3], kind: .optional),
          ValueInfo("p", .float64, nil, kind: .optionalSequence),
        ],
        outputs: [
          ValueInfo("t", .float32, ["N", .unknown], kind: .sequence),
          ValueInfo("q", .float64, nil, kind: .optionalSequence),
        ],
        nodes: [
          Node("Identity", inputs: ["s"], outputs: ["t"]),
          Node("Identity", inputs: ["p"], outputs: ["q"]),
        ]))
    try ONNXFile.write(model, to: path, replacing: false)
    #expect(try ModelFile.open(path).graph == model.graph)
    #expect(throws: MRDLError.self) {
      try KerasFile.write(model, to: work.file("model.keras"), replacing: false)
    }
  }

  @Test func whatONNXLacksIsRefused() throws {
    let work = try TemporaryDirectory()
    let path = work.file("model.onnx")
    var foreign = Self.model()
    foreign.graph.nodes[0].domain = "mrdl"
    #expect(throws: MRDLError.self) { try ONNXFile.write(foreign, to: path, replacing: false) }
    var bits = Self.model()
    bits.graph.inputs[0].scalarType = .bit
    #expect(throws: MRDLError.self) { try ONNXFile.write(bits, to: path, replacing: false) }
    #expect(throws: MRDLError.self) {
      try ONNXFile.write(Model(graph: Graph()), to: path, replacing: false)
    }
    #expect(FileSystem.kind(of: path) == nil)
  }

  /// An older operator set is understood by more programs; a newer one is named only where it is needed.
  @Test(
    arguments: [
      ("Relu", [:], ScalarType.float32, 18), ("Gelu", [:], .float32, 20),
      ("Relu", [:], .bfloat16, 22), ("Swish", [:], .float32, 24), ("SwiGLU", [:], .float32, 28),
      ("Mod", ["fmod": 1], .float32, 18), ("Mod", ["fmod": 0], .float32, 28),
      ("MaxPool", ["ceil_mode": 1], .float32, 22), ("Relu", [:], .int4, 21),
    ] as [(String, [String: Int64], ScalarType, Int)])
  func operatorSets(
    name: String, attributes: [String: Int64], type: ScalarType, version: Int
  ) throws {
    let work = try TemporaryDirectory()
    let path = work.file("model.onnx")
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", type, ["N"])], outputs: [ValueInfo("y", type, ["N"])],
        nodes: [
          Node(
            name, inputs: ["x"], outputs: ["y"],
            attributes: attributes.mapValues { .integer($0) })
        ]))
    try ONNXFile.write(model, to: path, replacing: false)
    // `opset_import` is the last field: an entry of two bytes with the version alone.
    let bytes = try FileContent.read(path).withUnsafeBytes { Array($0) }
    #expect(bytes.suffix(4) == [0x42, 2, 0x10, UInt8(version)])
  }
}

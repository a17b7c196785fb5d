import MRDLCore
import MRDLExport
import MRDLInterchange
import MRDLModel
import MRDLRuntime
import TestDirectories
import Testing

/// Models written as Keras saves them and read again: the answers must be the same. That Keras itself reads
/// them is a proof of its own.
struct KerasExportTests {
  /// One model and what a test needs of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let shape: [Int]
    let nodes: [Node]
    var weights: [String: [Int]] = [:]
    var integers: [String: [Int64]] = [:]
    /// Whether layers alone can say it.
    var isLayered = true

    var testDescription: String { name }

    var model: Model {
      var model = Model(
        graph: Graph(
          name: "m",
          inputs: [ValueInfo("x", .float32, SymbolicShape(["N"] + shape.map { .fixed($0) }))],
          outputs: [ValueInfo("y", .float32, nil)], nodes: nodes), opsets: ["": 28])
      for (name, shape) in weights.sorted(by: { $0.key < $1.key }) {
        let count = shape.reduce(1, *)
        // Neither symmetric nor constant; positive where a variance or a scale is wanted.
        let isPositive = name.hasPrefix("v")
        let values = (0..<count).map { (index: Int) -> Float in
          let step = isPositive ? index % 5 + 2 : (index * 7 + 3) % 11 - 5
          return Float(step) / 8
        }
        model.tensors[name] = ModelTensor(name, Tensor(values, shape: Shape(shape)))
      }
      for (name, values) in integers { model.tensors[name] = ModelTensor(name, Tensor(values)) }
      return model
    }
  }

  private static func conv(_ attributes: [String: AttributeValue] = [:]) -> Node {
    Node("Conv", inputs: ["x", "w", "b"], outputs: ["y"], attributes: attributes)
  }

  static let cases: [Case] = [
    Case(
      name: "convolution with explicit padding", shape: [3, 7, 6],
      nodes: [conv(["pads": .integers([2, 0, 1, 1]), "strides": .integers([2, 1])])],
      weights: ["w": [4, 3, 3, 2], "b": [4]]),
    Case(
      name: "convolution in groups", shape: [4, 6, 6],
      nodes: [conv(["group": .integer(2), "auto_pad": .string("SAME_UPPER")])],
      weights: ["w": [6, 2, 3, 3], "b": [6]]),
    Case(
      name: "depthwise convolution", shape: [3, 6, 6],
      nodes: [conv(["group": .integer(3)])], weights: ["w": [6, 1, 3, 3], "b": [6]]),
    Case(
      name: "convolution over one axis", shape: [3, 9],
      nodes: [conv(["dilations": .integers([2])])], weights: ["w": [4, 3, 3], "b": [4]]),
    Case(
      name: "transposed convolution", shape: [3, 4, 5],
      nodes: [
        Node(
          "ConvTranspose", inputs: ["x", "w"], outputs: ["y"],
          attributes: ["strides": .integers([2, 2]), "pads": .integers([1, 0, 0, 1])])
      ], weights: ["w": [3, 4, 3, 3]]),
    Case(
      name: "a block with a way around it", shape: [4, 8, 8],
      nodes: [
        Node(
          "Conv", inputs: ["x", "w"], outputs: ["c"], attributes: ["pads": .integers([1, 1, 1, 1])]),
        Node("BatchNormalization", inputs: ["c", "vg", "b", "m", "vv"], outputs: ["n"]),
        Node("Relu", inputs: ["n"], outputs: ["r"]),
        Node("Add", inputs: ["r", "x"], outputs: ["s"]),
        Node(
          "MaxPool", inputs: ["s"], outputs: ["p"],
          attributes: ["kernel_shape": .integers([2, 2]), "strides": .integers([2, 2])]),
        Node("Concat", inputs: ["p", "p"], outputs: ["q"], attributes: ["axis": .integer(1)]),
        Node("GlobalAveragePool", inputs: ["q"], outputs: ["g"]),
        Node("Flatten", inputs: ["g"], outputs: ["f"]),
        Node(
          "Gemm", inputs: ["f", "dw", "db"], outputs: ["d"], attributes: ["transB": .integer(1)]),
        Node("Softmax", inputs: ["d"], outputs: ["y"]),
      ],
      weights: [
        "w": [4, 4, 3, 3], "vg": [4], "b": [4], "m": [4], "vv": [4], "dw": [3, 8], "db": [3],
      ]),
    Case(
      name: "flattening in the order of the graph", shape: [3, 4, 5],
      nodes: [
        Node("Conv", inputs: ["x", "w"], outputs: ["c"]),
        Node("Flatten", inputs: ["c"], outputs: ["f"]),
        Node("MatMul", inputs: ["f", "d"], outputs: ["y"]),
      ], weights: ["w": [2, 3, 2, 2], "d": [24, 3]]),
    Case(
      name: "transposes that cancel", shape: [5, 4, 3],
      nodes: [
        Node(
          "Transpose", inputs: ["x"], outputs: ["t"], attributes: ["perm": .integers([0, 3, 1, 2])]),
        Node("Conv", inputs: ["t", "w"], outputs: ["c"]),
        Node("Sigmoid", inputs: ["c"], outputs: ["s"]),
        Node(
          "Transpose", inputs: ["s"], outputs: ["y"], attributes: ["perm": .integers([0, 2, 3, 1])]),
      ], weights: ["w": [2, 3, 2, 2]]),
    Case(
      name: "slopes and padding", shape: [3, 5, 5],
      nodes: [
        Node("PRelu", inputs: ["x", "s"], outputs: ["p"]),
        Node("Pad", inputs: ["p", "pads"], outputs: ["q"]),
        Node("LeakyRelu", inputs: ["q"], outputs: ["y"], attributes: ["alpha": .float(0.25)]),
      ], weights: ["s": [3, 1, 1]], integers: ["pads": [0, 0, 1, 0, 0, 0, 0, 2]]),
    recurrent("LSTM", gates: 4, direction: "forward"),
    recurrent("GRU", gates: 3, direction: "forward"),
    recurrent("RNN", gates: 1, direction: "reverse", isLayered: false),
    recurrent("LSTM", gates: 4, direction: "bidirectional", isLayered: false),
    Case(
      name: "operations", shape: [4, 3],
      nodes: [
        Node("Exp", inputs: ["x"], outputs: ["e"]),
        Node("Sqrt", inputs: ["e"], outputs: ["r"]),
        Node("Mul", inputs: ["r", "c"], outputs: ["m"]),
        Node("Slice", inputs: ["m", "one", "four", "one"], outputs: ["s"]),
        Node("ReduceSum", inputs: ["s", "one"], outputs: ["y"]),
      ], weights: ["c": [4, 1]], integers: ["one": [1], "four": [4]], isLayered: false),
    Case(
      name: "numbers for each channel", shape: [4, 3],
      nodes: [
        Node("Mul", inputs: ["x", "c"], outputs: ["m"]),
        Node("Sub", inputs: ["m", "d"], outputs: ["y"]),
      ], weights: ["c": [3], "d": [3]]),
  ]

  private static func recurrent(
    _ name: String, gates: Int, direction: String, isLayered: Bool = true
  ) -> Case {
    let count = direction == "bidirectional" ? 2 : 1
    return Case(
      name: "\(name), \(direction)", shape: [5, 3],
      nodes: [
        Node(
          "Transpose", inputs: ["x"], outputs: ["t"], attributes: ["perm": .integers([1, 0, 2])]),
        Node(
          name, inputs: ["t", "w", "r", "b"], outputs: ["s"],
          attributes: ["hidden_size": .integer(4), "direction": .string(direction)]),
        Node(
          "Transpose", inputs: ["s"], outputs: ["u"],
          attributes: ["perm": .integers([2, 0, 1, 3])]),
        Node("Reshape", inputs: ["u", "shape"], outputs: ["y"]),
      ],
      weights: [
        "w": [count, 4 * gates, 3], "r": [count, 4 * gates, 4], "b": [count, 8 * gates],
      ], integers: ["shape": [0, 0, Int64(4 * count)]], isLayered: isLayered)
  }

  private static func answer(_ model: Model, to x: Tensor) throws -> Tensor {
    var session = Session(try Program(model))
    let input = try #require(model.graph.inputs.first).name
    let output = try #require(model.graph.outputs.first).name
    return try #require(try session.run([input: x])[output])
  }

  @Test(arguments: cases, ["m.keras", "m.h5"])
  func answersStayTheSame(model: Case, file: String) throws {
    let work = try TemporaryDirectory()
    let path = work.file(file)
    if file == "m.h5" && !model.isLayered {
      let error = #expect(throws: MRDLError.self) {
        try KerasFile.write(model.model, to: path, replacing: false)
      }
      #expect(error?.code == .notExportable)
      #expect(try work.names().isEmpty)
      return
    }
    try KerasFile.write(model.model, to: path, replacing: false)
    #expect(try work.names() == [file])
    let back = try ModelFile.open(path)
    #expect(back.graph.outputs.map(\.name) == ["y"])
    let shape = Shape([2] + model.shape)
    let values = (0..<shape.elementCount).map { Float(($0 * 5 + 1) % 17 - 8) / 6 }
    let x = Tensor(values, shape: shape)
    let expected = try Self.answer(model.model, to: x)
    let found = try Self.answer(back, to: x)
    #expect(found.shape == expected.shape)
    for (left, right) in zip(found.elements(as: Float.self), expected.elements(as: Float.self)) {
      #expect(abs(left - right) <= 1e-5 + 1e-5 * abs(right))
    }
  }

  @Test func allOperatorsThatAreLackingAreNamed() throws {
    let work = try TemporaryDirectory()
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 2])], outputs: [ValueInfo("y", .float32, nil)],
        nodes: [
          Node("Det", inputs: ["x"], outputs: ["a"]), Node("TopK", inputs: ["a"], outputs: ["b"]),
          Node("Det", inputs: ["b"], outputs: ["y"]),
        ]))
    let error = #expect(throws: MRDLError.self) {
      try KerasFile.write(model, to: work.file("m.keras"), replacing: false)
    }
    #expect(error?.finding.found == "Det, TopK")
  }
}

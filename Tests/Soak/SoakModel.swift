import MRDLCore
import MRDLFormat
import MRDLModel
import MRDLNumerics
import MRDLOperators
import MRDLRuntime

/// A model that is run with inputs of many shapes.
struct SoakModel: Sendable {
  let name: String
  let model: Model
  /// The extents of the input `x`, by a choice from 0.
  let shape: @Sendable (_ choice: Int) -> Shape
  let shapeCount: Int

  /// Random numbers in −1 ..< 1 that the choice and the seed tell.
  func input(_ choice: Int, seed: UInt64) -> Tensor {
    Self.numbers(shape(choice), stream: seed)
  }

  private static func numbers(_ shape: Shape, stream: UInt64, scale: Float = 1) -> Tensor {
    var random = RandomNumbers(seed: 11, stream: stream)
    let values = (0..<shape.elementCount).map { _ in
      scale * Float(random.nextUniform(from: -1, to: 1))
    }
    return Tensor(values, shape: shape)
  }

  /// Models that between them use every part of the runtime: blocked and plain kernels, plans of many
  /// shapes, stages that data divides, graphs inside nodes, state.
  ///
  /// - Parameter sample: the path of a model of pictures of 28 × 28.
  static func all(sample: String) throws -> [SoakModel] {
    [
      SoakModel(
        name: "LeNet", model: try MRDLFile.open(sample), shape: { [1 + $0, 1, 28, 28] },
        shapeCount: 6),
      try pictures(), try sequences(), try products(), try selections(), try loops(),
    ]
  }

  private static func model(
    _ input: SymbolicShape, _ nodes: [Node], _ weights: [(String, Shape)] = [],
    constants: [ModelTensor] = []
  ) throws -> Model {
    let tensors = weights.enumerated().map { index, weight in
      ModelTensor(
        weight.0, numbers(weight.1, stream: UInt64(100 + index), scale: 0.3))
    }
    return Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, input)], outputs: [ValueInfo("y", .float32, nil)],
        nodes: nodes),
      tensors: try TensorTable(tensors + constants))
  }

  /// Dense, depthwise and pointwise convolutions with a residual, of any height and width: more shapes than
  /// a program keeps plans for.
  private static func pictures() throws -> SoakModel {
    let same: [String: AttributeValue] = ["pads": .integers([1, 1, 1, 1])]
    let model = try model(
      ["N", 3, "H", "W"],
      [
        Node("Conv", inputs: ["x", "w1", "b1"], outputs: ["c1"], attributes: same),
        Node("Relu", inputs: ["c1"], outputs: ["r1"]),
        Node(
          "Conv", inputs: ["r1", "w2"], outputs: ["c2"],
          attributes: ["pads": .integers([1, 1, 1, 1]), "group": .integer(16)]),
        Node("Conv", inputs: ["c2", "w3"], outputs: ["c3"]),
        Node("Add", inputs: ["c3", "r1"], outputs: ["sum"]),
        Node("Conv", inputs: ["sum", "w4"], outputs: ["c4"], attributes: same),
        Node("Sigmoid", inputs: ["c4"], outputs: ["s"]),
        Node(
          "MaxPool", inputs: ["s"], outputs: ["p"],
          attributes: ["kernel_shape": .integers([2, 2]), "strides": .integers([2, 2])]),
        Node("GlobalAveragePool", inputs: ["p"], outputs: ["g"]),
        Node("Flatten", inputs: ["g"], outputs: ["f"]),
        Node("Gemm", inputs: ["f", "w5", "b5"], outputs: ["y"]),
      ],
      [
        ("w1", [16, 3, 3, 3]), ("b1", [16]), ("w2", [16, 1, 3, 3]), ("w3", [16, 16, 1, 1]),
        ("w4", [24, 16, 3, 3]), ("w5", [24, 10]), ("b5", [10]),
      ])
    return SoakModel(
      name: "pictures", model: model,
      shape: { [1 + $0 % 2, 3, 4 + $0 % 29, 4 + $0 / 29] }, shapeCount: 29 * 12)
  }

  private static func sequences() throws -> SoakModel {
    let model = try model(
      ["T", "N", 12],
      [
        Node(
          "LSTM", inputs: ["x", "w", "r", "b"], outputs: ["h"],
          attributes: ["hidden_size": .integer(20), "direction": .string("bidirectional")]),
        Node("ReduceMean", inputs: ["h", "axes"], outputs: ["y"]),
      ], [("w", [2, 80, 12]), ("r", [2, 80, 20]), ("b", [2, 160])],
      constants: [ModelTensor("axes", Tensor([Int64(0), 1]))])
    return SoakModel(
      name: "sequences", model: model, shape: { [1 + $0 % 20, 1 + $0 / 20, 12] }, shapeCount: 100)
  }

  /// Products that are large enough for several threads.
  private static func products() throws -> SoakModel {
    let model = try model(
      ["N", 192],
      [
        Node("MatMul", inputs: ["x", "w"], outputs: ["a"]),
        Node("Tanh", inputs: ["a"], outputs: ["t"]),
        Node("Transpose", inputs: ["t"], outputs: ["u"]),
        Node("MatMul", inputs: ["t", "u"], outputs: ["b"]),
        Node("Softmax", inputs: ["b"], outputs: ["y"]),
      ], [("w", [192, 256])])
    return SoakModel(
      name: "products", model: model, shape: { [1 + 17 * $0, 192] }, shapeCount: 9)
  }

  /// Shapes that only the numbers tell.
  private static func selections() throws -> SoakModel {
    let model = try model(
      ["N"],
      [
        Node("Greater", inputs: ["x", "zero"], outputs: ["m"]),
        Node("NonZero", inputs: ["m"], outputs: ["i"]),
        Node("Flatten", inputs: ["i"], outputs: ["j"], attributes: ["axis": .integer(0)]),
        Node("Gather", inputs: ["x", "j"], outputs: ["k"]),
        Node("Exp", inputs: ["k"], outputs: ["y"]),
      ], constants: [ModelTensor("zero", Tensor([Float(0)]))])
    return SoakModel(
      name: "selections", model: model, shape: { [1 + 13 * $0] }, shapeCount: 20)
  }

  /// A loop whose body is a graph of its own.
  private static func loops() throws -> SoakModel {
    let body = Graph(
      inputs: [
        ValueInfo("step", .int64, []), ValueInfo("on", .bool, []),
        ValueInfo("before", .float32, nil),
      ],
      outputs: [ValueInfo("goes", .bool, []), ValueInfo("after", .float32, nil)],
      nodes: [
        Node("Identity", inputs: ["on"], outputs: ["goes"]),
        Node("Mul", inputs: ["before", "factor"], outputs: ["scaled"]),
        Node("Add", inputs: ["scaled", "x"], outputs: ["after"]),
      ])
    let model = try model(
      ["N", 7],
      [
        Node(
          "Loop", inputs: ["count", "", "x"], outputs: ["y"],
          attributes: ["body": .graph(body)])
      ],
      constants: [
        ModelTensor("count", Tensor(scalar: Int64(5))), ModelTensor("factor", Tensor([Float(0.5)])),
      ])
    return SoakModel(name: "loops", model: model, shape: { [1 + $0, 7] }, shapeCount: 12)
  }
}

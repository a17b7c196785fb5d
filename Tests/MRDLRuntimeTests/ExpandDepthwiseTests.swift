import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLOperators
import MRDLRuntime
import Testing

/// Convolutions that are computed together with the depthwise one behind them, and with the pointwise one behind
/// that, give the same answers.
@Suite struct ExpandDepthwiseTests {
  private static func conv(
    _ x: String, _ w: String, _ y: String, pads: Int64, stride: Int64 = 1, group: Int64 = 1
  ) -> Node {
    Node(
      "Conv", inputs: [x, w, "b" + w], outputs: [y],
      attributes: [
        "pads": .integers([pads, pads, pads, pads]), "strides": .integers([stride, stride]),
        "group": .integer(group),
      ])
  }

  /// Weights and biases.
  private static func parameters(_ shapes: [String: Shape]) throws -> TensorTable {
    var tensors: [ModelTensor] = []
    for (index, (name, shape)) in shapes.sorted(by: { $0.key < $1.key }).enumerated() {
      for (name, shape) in [(name, shape), ("b" + name, [shape[0]])] {
        tensors.append(ModelTensor(name, BlockChannelsTests.numbers(shape, seed: UInt64(index))))
      }
    }
    return try TensorTable(tensors)
  }

  /// The beginning of a MobileNetV2: a first layer, the depthwise one behind it and a projection; a whole
  /// inverted residual block; and an expansion with a depthwise layer of its own; all too large for the caches.
  private static func model(reading: [String] = []) throws -> Model {
    let shapes: [String: Shape] = [
      "w": [32, 3, 3, 3], "d": [32, 1, 3, 3], "p": [16, 32, 1, 1], "e": [80, 16, 1, 1],
      "f": [80, 1, 5, 5], "q": [72, 16, 1, 1], "r": [72, 1, 3, 3], "s": [16, 72, 1, 1],
    ]
    return Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 3, 200, 220])],
        outputs: (["y"] + reading).map { ValueInfo($0, .float32, nil) },
        nodes: [
          conv("x", "w", "a", pads: 1, stride: 2), Node("Relu", inputs: ["a"], outputs: ["a'"]),
          conv("a'", "d", "c", pads: 1, group: 32), Node("Relu", inputs: ["c"], outputs: ["c'"]),
          conv("c'", "p", "g", pads: 0),
          conv("g", "q", "k", pads: 0), Node("Relu", inputs: ["k"], outputs: ["k'"]),
          conv("k'", "r", "l", pads: 1, group: 72), Node("Tanh", inputs: ["l"], outputs: ["l'"]),
          conv("l'", "s", "m", pads: 0), Node("Add", inputs: ["m", "g"], outputs: ["n"]),
          conv("n", "e", "h", pads: 0),
          Node("HardSwish", inputs: ["h"], outputs: ["h'"]),
          conv("h'", "f", "i", pads: 2, stride: 2, group: 80),
          Node("Sigmoid", inputs: ["i"], outputs: ["y"]),
        ]), tensors: try parameters(shapes))
  }

  /// A block that expands many channels, and a convolution that is joined to nothing.
  private static func deepModel() throws -> Model {
    let shapes: [String: Shape] = [
      "e": [96, 64, 1, 1], "d": [96, 1, 3, 3], "p": [40, 96, 1, 1], "l": [24, 40, 1, 1],
    ]
    return Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 64, 20, 22])],
        outputs: [ValueInfo("y", .float32, nil)],
        nodes: [
          conv("x", "e", "a", pads: 0), Node("Relu", inputs: ["a"], outputs: ["a'"]),
          conv("a'", "d", "c", pads: 1, group: 96), Node("Relu", inputs: ["c"], outputs: ["c'"]),
          conv("c'", "p", "g", pads: 0), conv("g", "l", "y", pads: 0),
        ]), tensors: try parameters(shapes))
  }

  private static func run(
    _ model: Model, on shape: Shape = [2, 3, 200, 220], without passes: Set<String> = [],
    precision: ComputePrecision = .float32, threads: Int
  ) throws -> ([String: Tensor], [String]) {
    var session = Session(
      try Program(
        model, options: ProgramOptions(disabledPasses: passes, precision: precision)),
      options: SessionOptions(threadLimit: threads))
    session.startProfile()
    let result = try session.run(["x": BlockChannelsTests.numbers(shape, seed: 77)])
    return (result, session.currentProfile?.entries.map(\.operatorName) ?? [])
  }

  private func values(_ tensor: Tensor?) -> [Float]? { tensor?.elements(as: Float.self) }

  @Test(arguments: [1, 2]) func answersStay(threads: Int) throws {
    let model = try Self.model()
    let (found, nodes) = try Self.run(model, without: [], threads: threads)
    let (wanted, separate) = try Self.run(model, without: ["expand-depthwise"], threads: threads)
    #expect(values(found["y"]) == values(wanted["y"]))
    #expect(nodes.contains("Conv+HardSwish+Conv+Sigmoid"))
    // The instruction set decides whether the first layer is joined, the number of threads which projections.
    #expect(nodes.contains { $0.hasPrefix("Conv+Relu+Conv+Tanh") })
    let joined = nodes.reduce(0) { sum, name in
      sum + max(0, name.split(separator: "+").count { $0 == "Conv" } - 1)
    }
    #expect(separate.count == nodes.count + joined)
  }

  /// Joined or not, where the processor multiplies in bfloat16 and where it does not.
  @Test func answersInBFloat16() throws {
    let (model, shape) = (try Self.deepModel(), Shape([2, 64, 20, 22]))
    let exact = try #require(values(try Self.run(model, on: shape, threads: 1).0["y"]))
    let scale = try #require(exact.map(abs).max())
    let answers = try [1, 2].map { threads in
      try #require(
        values(
          try Self.run(model, on: shape, precision: .bfloat16, threads: threads).0["y"]))
    }
    #expect(answers[0] == answers[1])
    let worst = zip(answers[0], exact).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst < scale / 100)
    #expect(worst > 0 || !ComputePrecision.bfloat16.isAvailable)
  }

  @Test func whatOthersReadIsWritten() throws {
    let model = try Self.model(reading: ["h'"])
    let (found, nodes) = try Self.run(model, without: [], threads: 2)
    let (wanted, _) = try Self.run(model, without: ["expand-depthwise"], threads: 2)
    for name in ["y", "h'"] {
      #expect(values(found[name]) == values(wanted[name]))
    }
    #expect(!nodes.contains("Conv+HardSwish+Conv+Sigmoid"))
  }
}

import MRDLCore
import MRDLModel
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

  /// The beginning of a MobileNetV2: a first layer, the depthwise one behind it and a projection; a whole
  /// inverted residual block; and an expansion with a depthwise layer of its own; all too large for the caches.
  private static func model(reading: [String] = []) throws -> Model {
    let shapes: [String: Shape] = [
      "w": [32, 3, 3, 3], "d": [32, 1, 3, 3], "p": [16, 32, 1, 1], "e": [80, 16, 1, 1],
      "f": [80, 1, 5, 5], "q": [72, 16, 1, 1], "r": [72, 1, 3, 3], "s": [16, 72, 1, 1],
    ]
    var tensors: [ModelTensor] = []
    for (index, (name, shape)) in shapes.sorted(by: { $0.key < $1.key }).enumerated() {
      for (name, shape) in [(name, shape), ("b" + name, [shape[0]])] {
        tensors.append(ModelTensor(name, BlockChannelsTests.numbers(shape, seed: UInt64(index))))
      }
    }
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
        ]), tensors: try TensorTable(tensors))
  }

  private static func run(_ model: Model, without passes: Set<String>, threads: Int) throws -> (
    [String: Tensor], [String]
  ) {
    var session = Session(
      try Program(model, options: ProgramOptions(disabledPasses: passes)),
      options: SessionOptions(threadLimit: threads))
    session.startProfile()
    let result = try session.run(["x": BlockChannelsTests.numbers([2, 3, 200, 220], seed: 77)])
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

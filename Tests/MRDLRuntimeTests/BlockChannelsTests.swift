import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLOperators
import MRDLRuntime
import Testing

/// Programs give the same answers whether the channels of images stand in planes or in blocks.
@Suite struct BlockChannelsTests {
  static func numbers(_ shape: Shape, seed: UInt64) -> Tensor {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    return Tensor(
      (0..<shape.elementCount).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int(state >> 52) - 2048) / 2048
      }, shape: shape)
  }

  /// A graph with one input "x" of N images and some outputs.
  struct Net: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var channels = 3
    var outputs = ["y"]
    var nodes: [Node]
    var tensors: [String: Shape]
    /// How often data is reordered, where the width of a block does not decide it.
    var conversions: Int?

    init(
      _ name: String, channels: Int = 3, outputs: [String] = ["y"], conversions: Int?,
      tensors: [String: Shape], nodes: [Node]
    ) {
      testDescription = name
      self.channels = channels
      self.outputs = outputs
      self.nodes = nodes
      self.tensors = tensors
      self.conversions = conversions
    }
  }

  static func conv(
    _ x: String, _ w: String, _ y: String, bias: String? = nil, pads: Int64 = 1, stride: Int64 = 1,
    group: Int64 = 1
  ) -> Node {
    Node(
      "Conv", inputs: [x, w] + (bias.map { [$0] } ?? []), outputs: [y],
      attributes: [
        "pads": .integers([pads, pads, pads, pads]), "strides": .integers([stride, stride]),
        "group": .integer(group),
      ])
  }

  static func pool(_ name: String, _ x: String, _ y: String, pads: Int64 = 0) -> Node {
    Node(
      name, inputs: [x], outputs: [y],
      attributes: [
        "kernel_shape": .integers([2, 2]), "strides": .integers([2, 2]),
        "pads": .integers([pads, pads, pads, pads]),
      ])
  }

  static let nets = [
    Net(
      "chain", conversions: 1, tensors: ["w": [20, 3, 3, 3], "b": [20], "v": [33, 20, 3, 3]],
      nodes: [
        conv("x", "w", "a", bias: "b"), Node("Relu", inputs: ["a"], outputs: ["c"]),
        pool("MaxPool", "c", "d"), conv("d", "v", "e", stride: 2),
        pool("AveragePool", "e", "f", pads: 1),
        Node("Sigmoid", inputs: ["f"], outputs: ["y"]),
      ]),
    Net(
      "residual", channels: 20, conversions: 2, tensors: ["w": [20, 20, 3, 3]],
      nodes: [
        conv("x", "w", "a"), Node("Add", inputs: ["x", "a"], outputs: ["b"]),
        conv("b", "w", "c"), Node("Add", inputs: ["c", "b"], outputs: ["d"]),
        Node("Relu", inputs: ["d"], outputs: ["y"]),
      ]),
    Net(
      "depthwise and constants", conversions: 1,
      tensors: [
        "w": [37, 3, 1, 1], "v": [37, 1, 3, 3], "s": [1, 37, 1, 1], "t": [37, 1, 1],
        "one": [],
      ],
      nodes: [
        conv("x", "w", "a", pads: 0), conv("a", "v", "b", stride: 2, group: 37),
        Node("Mul", inputs: ["b", "s"], outputs: ["c"]),
        Node("Add", inputs: ["t", "c"], outputs: ["d"]),
        Node("Clip", inputs: ["d", "", "one"], outputs: ["e"]),
        Node("Sub", inputs: ["one", "e"], outputs: ["y"]),
      ]),
    Net(
      "squeeze and excite", outputs: ["y", "a"], conversions: 4,
      tensors: ["w": [18, 3, 3, 3], "v": [18, 18, 1, 1]],
      nodes: [
        conv("x", "w", "a"), Node("GlobalAveragePool", inputs: ["a"], outputs: ["b"]),
        conv("b", "v", "c", pads: 0), Node("Sigmoid", inputs: ["c"], outputs: ["d"]),
        Node("Mul", inputs: ["a", "d"], outputs: ["e"]),
        Node("GlobalMaxPool", inputs: ["e"], outputs: ["f"]),
        Node("Add", inputs: ["f", "e"], outputs: ["g"]),
        Node("Softmax", inputs: ["g"], outputs: ["h"], attributes: ["axis": .integer(1)]),
        conv("h", "v", "y", pads: 0),
      ]),
    Net(
      "joined", conversions: 1,
      tensors: ["w": [32, 3, 3, 3], "v": [5, 3, 3, 3], "u": [40, 37, 1, 1]],
      nodes: [
        conv("x", "w", "a"), conv("x", "v", "b"),
        Node("Concat", inputs: ["a", "b"], outputs: ["c"], attributes: ["axis": .integer(1)]),
        conv("c", "u", "y", pads: 0),
      ]),
    Net(
      "joined across blocks", conversions: nil,
      tensors: ["w": [33, 3, 3, 3], "u": [40, 66, 1, 1]],
      nodes: [
        conv("x", "w", "a"),
        Node("Concat", inputs: ["a", "a"], outputs: ["c"], attributes: ["axis": .integer(1)]),
        conv("c", "u", "y", pads: 0),
      ]),
    Net(
      "few channels, many behind", conversions: nil,
      tensors: ["w": [6, 3, 5, 5], "v": [12, 6, 3, 3], "u": [50, 12, 3, 3]],
      nodes: [
        conv("x", "w", "a", pads: 2), Node("Sigmoid", inputs: ["a"], outputs: ["b"]),
        pool("AveragePool", "b", "c"), conv("c", "v", "d"), pool("MaxPool", "d", "e"),
        conv("e", "u", "y"),
      ]),
    Net(
      "few channels join many", conversions: nil,
      tensors: ["w": [5, 3, 3, 3], "v": [5, 5, 3, 3], "u": [5, 1, 3, 3], "t": [37, 5, 1, 1]],
      nodes: [
        conv("x", "w", "a"), conv("a", "v", "b"), Node("Add", inputs: ["a", "b"], outputs: ["c"]),
        conv("c", "u", "d", group: 5), conv("d", "t", "e", pads: 0),
        Node("Concat", inputs: ["e", "c"], outputs: ["y"], attributes: ["axis": .integer(1)]),
      ]),
    Net(
      "groups stay in planes", channels: 8, conversions: 2,
      tensors: ["w": [40, 8, 3, 3], "v": [40, 10, 3, 3]],
      nodes: [conv("x", "w", "a"), conv("a", "v", "y", group: 4)]),
  ]

  @Test(arguments: nets) func answersAreThoseOfPlanes(_ net: Net) throws {
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", .fixed(net.channels), "H", "W"])],
        outputs: net.outputs.map { ValueInfo($0, .float32, nil) }, nodes: net.nodes),
      tensors: try TensorTable(
        net.tensors.sorted { $0.key < $1.key }.enumerated().map { index, entry in
          ModelTensor(entry.key, Self.numbers(entry.value, seed: UInt64(index + 1)))
        }))
    var blocked = Session(try Program(model))
    blocked.startProfile()
    var planar = Session(
      try Program(model, options: ProgramOptions(disabledPasses: ["block-channels"])))
    for shape: Shape in [[1, net.channels, 12, 14], [3, net.channels, 9, 31]] {
      let x = ["x": Self.numbers(shape, seed: 99)]
      let found = try blocked.run(x)
      let wanted = try planar.run(x)
      for name in net.outputs {
        #expect(found[name]?.shape == wanted[name]?.shape)
        let values = wanted[name]?.elements(as: Float.self) ?? []
        let scale = values.map(abs).max() ?? 1
        let pairs = zip(found[name]?.elements(as: Float.self) ?? [], values)
        #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-5 * scale }, "\(name) of \(shape)")
      }
    }
    guard let conversions = net.conversions else { return }
    let reordered = blocked.currentProfile?.entries.filter {
      $0.operatorName == "mrdl.blocked.ToBlocks" || $0.operatorName == "mrdl.blocked.FromBlocks"
    }
    #expect(reordered?.count == conversions)
  }

  @Test func aNetOfFewChannelsStaysInPlanes() throws {
    // With registers of one number no lane is idle.
    guard Convolution.suitsPlanes(outputChannels: 3, depth: 27, outputWidth: 12) else { return }
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 3, "H", "W"])],
        outputs: [ValueInfo("y", .float32, nil)],
        nodes: [
          Self.conv("x", "w", "a"), Node("Relu", inputs: ["a"], outputs: ["b"]),
          Self.pool("MaxPool", "b", "c"), Self.conv("c", "w", "d"),
          Node("Flatten", inputs: ["d"], outputs: ["y"]),
        ]),
      tensors: try TensorTable([ModelTensor("w", Self.numbers([3, 3, 3, 3], seed: 1))]))
    var session = Session(try Program(model))
    session.startProfile()
    _ = try session.run(["x": Self.numbers([2, 3, 24, 26], seed: 2)])
    let methods = session.currentProfile?.entries.compactMap(\.method) ?? []
    #expect(methods == ["direct, planes", "direct, planes"])
  }

  @Test func whatGroupsReadStaysInPlanes() throws {
    guard Convolution.suitsPlanes(outputChannels: 6, depth: 27, outputWidth: 24) else { return }
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 3, "H", "W"])],
        outputs: [ValueInfo("y", .float32, nil)],
        nodes: [Self.conv("x", "w", "a"), Self.conv("a", "v", "y", group: 2)]),
      tensors: try TensorTable([
        ModelTensor("w", Self.numbers([6, 3, 3, 3], seed: 1)),
        ModelTensor("v", Self.numbers([4, 3, 3, 3], seed: 2)),
      ]))
    var session = Session(try Program(model))
    session.startProfile()
    _ = try session.run(["x": Self.numbers([1, 3, 24, 24], seed: 3)])
    let names = session.currentProfile?.entries.map(\.operatorName) ?? []
    #expect(names == ["Conv", "Conv"])
  }

  @Test func unknownRanksAndOtherTypesAreLeftAlone() throws {
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float64, nil)], outputs: [ValueInfo("y", .float64, nil)],
        nodes: [Self.conv("x", "w", "a"), Node("Relu", inputs: ["a"], outputs: ["y"])]),
      tensors: try TensorTable([
        ModelTensor("w", Tensor([Double](repeating: 0.5, count: 9 * 16), shape: [16, 1, 3, 3]))
      ]))
    var session = Session(try Program(model))
    let x = Tensor([Double](repeating: 1, count: 16), shape: [1, 1, 4, 4])
    let y = try session.run(["x": x])["y"]?.elements(as: Double.self) ?? []
    #expect(y.prefix(4) == [2, 3, 3, 2])
    #expect(y.count == 256)
  }
}

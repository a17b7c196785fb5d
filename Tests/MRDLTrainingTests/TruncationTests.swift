import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLRuntime
import MRDLTraining
import Testing

/// Truncated back-propagation through time against the function whose derivatives it takes: blocks of steps
/// that begin with states as constants.
@Suite struct TruncationTests {
  struct Layer: Sendable, CustomTestStringConvertible {
    var kind: String
    var block: Int
    var lengths: [Int32]?

    var testDescription: String { "\(kind) \(block) \(lengths ?? [])" }
    var isLSTM: Bool { kind == "LSTM" }
    var outputs: [String] { isLSTM ? ["y", "h", "c"] : ["y", "h"] }
  }

  static let layers = ["RNN", "GRU", "LSTM"].flatMap { kind in
    [1, 2, 3, 4].flatMap { block in
      [nil, [5, 2, 4], [0, 3, 5]].map { Layer(kind: kind, block: block, lengths: $0) }
    }
  }

  static let (steps, batch, size, hidden) = (5, 3, 2, 3)

  static func inputs(_ layer: Layer) -> [(name: String, value: Tensor)] {
    let gates = ["RNN": 1, "GRU": 3, "LSTM": 4][layer.kind] ?? 0
    return [
      ("x", GradientCheck.numbers([steps, batch, size], seed: 1)),
      ("w", GradientCheck.numbers([1, gates * hidden, size], seed: 2)),
      ("r", GradientCheck.numbers([1, gates * hidden, hidden], seed: 3)),
      ("b", GradientCheck.numbers([1, 2 * gates * hidden], seed: 4)),
    ]
  }

  static let hiddenSize: [String: AttributeValue] = ["hidden_size": .integer(Int64(hidden))]

  static func lengths(_ layer: Layer, _ range: Range<Int>) -> Tensor {
    Tensor(
      (layer.lengths ?? [Int32](repeating: Int32(steps), count: batch)).map {
        min(max($0 - Int32(range.lowerBound), 0), Int32(range.count))
      })
  }

  /// All outputs as one row: behind the end of a sequence its last states are those of an earlier block, so
  /// that they are left out where there are lengths.
  static func row(_ layer: Layer) -> [Node] {
    let wanted = layer.lengths == nil ? layer.outputs : ["y"]
    return wanted.map { Node("Reshape", inputs: [$0, "row"], outputs: ["\($0)_row"]) } + [
      Node(
        "Concat", inputs: wanted.map { "\($0)_row" }, outputs: ["all"],
        attributes: ["axis": .integer(0)])
    ]
  }

  static func count(_ layer: Layer) -> Int {
    batch * hidden * (layer.lengths == nil ? steps + layer.outputs.count - 1 : steps)
  }

  static let row: (name: String, value: Tensor) = ("row", Tensor([Int64(-1)]))

  /// The layer in training, with an attribute of how far residuals pass.
  static func truncated(_ layer: Layer, steps: Int?) -> GradientCheck {
    var attributes = hiddenSize
    if let steps { attributes["truncation"] = .integer(Int64(steps)) }
    return GradientCheck(
      inputs: inputs(layer),
      nodes: [
        Node(
          "Training" + layer.kind, domain: OperatorSet.mrdlDomain,
          inputs: ["x", "w", "r", "b", "lengths"],
          outputs: ["y", "h", layer.isLSTM ? "c" : "", "trace"], attributes: attributes)
      ] + row(layer), output: "all",
      constants: [row, ("lengths", lengths(layer, 0..<Self.steps))])
  }

  /// The states that the steps before a block leave.
  static func states(_ layer: Layer, before first: Int) throws -> [Tensor] {
    guard first > 0 else {
      return layer.outputs.dropFirst().map { _ in
        Tensor(zeros: [1, batch, hidden], scalarType: .float64)
      }
    }
    var values = inputs(layer)
    values[0].value = Tensor(
      Array(values[0].value.elements(as: Double.self)[..<(first * batch * size)]),
      shape: [first, batch, size])
    var model = Model(
      graph: Graph(
        inputs: values.map { ValueInfo($0.name, .float64, SymbolicShape($0.value.shape)) },
        outputs: layer.outputs.map { ValueInfo($0, .float64, nil) },
        nodes: [
          Node(
            layer.kind, inputs: ["x", "w", "r", "b", "lengths"], outputs: layer.outputs,
            attributes: hiddenSize)
        ]))
    model.tensors["lengths"] = ModelTensor("lengths", lengths(layer, 0..<first))
    var session = Session(try Program(model))
    let results = try session.run(
      Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) }))
    return try layer.outputs.dropFirst().map { try #require(results[$0]) }
  }

  /// Blocks that take their first states as constants.
  static func detached(_ layer: Layer) throws -> GradientCheck {
    var nodes: [Node] = []
    var constants = [row, ("axis", Tensor([Int64(0)]))]
    var parts: [String] = []
    for first in stride(from: 0, to: steps, by: layer.block) {
      let range = first..<min(first + layer.block, steps)
      let isLast = range.upperBound == steps
      constants += [
        ("start\(first)", Tensor([Int64(range.lowerBound)])),
        ("end\(first)", Tensor([Int64(range.upperBound)])),
        ("lengths\(first)", lengths(layer, range)),
      ]
      var names = ["x\(first)", "w", "r", "b", "lengths\(first)"]
      for (index, state) in try states(layer, before: first).enumerated() {
        names.append("state\(first)_\(index)")
        constants.append((names[names.count - 1], state))
      }
      parts.append("y\(first)")
      nodes += [
        Node("Slice", inputs: ["x", "start\(first)", "end\(first)", "axis"], outputs: [names[0]]),
        Node(
          layer.kind, inputs: names,
          outputs: ["y\(first)"] + layer.outputs.dropFirst().map { isLast ? $0 : "\($0)\(first)" },
          attributes: hiddenSize),
      ]
    }
    nodes.append(
      Node("Concat", inputs: parts, outputs: ["y"], attributes: ["axis": .integer(0)]))
    return GradientCheck(
      inputs: inputs(layer), nodes: nodes + row(layer), output: "all", constants: constants)
  }

  static func gradients(_ check: GradientCheck, _ layer: Layer) throws -> [[Double]] {
    try gradients(check, count: count(layer))
  }

  static func gradients(_ check: GradientCheck, count: Int) throws -> [[Double]] {
    var (model, names) = try check.model(outputShape: [count]).differentiated(
      loss: "the_loss", withRespectTo: check.inputs.map(\.name))
    model.graph.outputs = names.map { ValueInfo($0, .float64, nil) }
    var session = Session(
      try Program(model, options: ProgramOptions(mode: .training), operators: .training))
    let results = try session.run(
      Dictionary(uniqueKeysWithValues: check.inputs.map { ($0.name, $0.value) }))
    return try names.map { try #require(results[$0]).elements(as: Double.self) }
  }

  @Test(arguments: layers) func agreesWithTheDetachedFunction(layer: Layer) throws {
    let detached = try Self.detached(layer)
    #expect(try detached.largestRelativeError(outputShape: [Self.count(layer)]) < 1e-6)
    let expected = try Self.gradients(detached, layer)
    let found = try Self.gradients(Self.truncated(layer, steps: layer.block), layer)
    for (found, expected) in zip(found, expected) {
      #expect(found.count == expected.count)
      for (left, right) in zip(found, expected) { #expect(abs(left - right) < 1e-10) }
    }
    // Truncation changes something, or the test would not tell.
    let full = try Self.gradients(Self.truncated(layer, steps: nil), layer)
    #expect(zip(full[2], found[2]).contains { abs($0 - $1) > 1e-4 })
  }

  @Test(arguments: layers.filter { $0.block == 1 })
  func aBlockOfAllStepsIsFullPropagation(layer: Layer) throws {
    let full = try Self.gradients(Self.truncated(layer, steps: nil), layer)
    for steps in [Self.steps, Self.steps + 1] {
      #expect(try Self.gradients(Self.truncated(layer, steps: steps), layer) == full)
    }
  }

  /// What comes from the last states of a short sequence reaches its steps through all padding.
  @Test(arguments: ["RNN", "GRU", "LSTM"]) func lastStatesPassThroughPadding(kind: String) throws {
    let layer = Layer(kind: kind, block: 2, lengths: [2, 1, 2])
    func gradients(_ steps: Int?) throws -> [[Double]] {
      var check = Self.truncated(layer, steps: steps)
      check.nodes[check.nodes.count - 2].inputs[0] = "h"
      check.nodes[check.nodes.count - 2].outputs = ["y_row"]
      return try Self.gradients(check, count: Self.batch * Self.hidden)
    }
    #expect(try gradients(2) == gradients(nil))
  }
}

import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLTraining
import Testing

/// Recurrent layers with all their options against central differences.
@Suite struct RecurrentGradientTests {
  struct Layer: Sendable, CustomTestStringConvertible {
    var kind: String
    var direction = "forward"
    var isBatchFirst = false
    var lengths: [Int32]?
    var hasStates = false
    var hasPeepholes = false
    var flag = false
    var clip: Double?
    var activations: [String] = []
    /// The outputs that the loss depends on.
    var outputs = ["y", "h", "c"]
    var batch = 3

    var testDescription: String {
      "\(kind) \(direction) \(isBatchFirst) \(lengths ?? []) \(hasStates) \(hasPeepholes) "
        + "\(flag) \(clip ?? 0) \(activations) \(outputs) \(batch)"
    }
  }

  static let layers: [Layer] =
    ["RNN", "GRU", "LSTM"].flatMap { kind in
      ["forward", "reverse", "bidirectional"].flatMap { direction in
        [false, true].map { flag in
          Layer(
            kind: kind, direction: direction, isBatchFirst: flag,
            lengths: flag ? nil : [4, 2, 0], hasStates: true, hasPeepholes: true, flag: flag)
        }
      }
    } + [
      Layer(kind: "GRU", lengths: [1, 4, 3], flag: true, clip: 0.4),
      Layer(kind: "GRU", clip: 0.4), Layer(kind: "LSTM", hasPeepholes: true, clip: 0.4),
      Layer(kind: "LSTM", hasStates: true, hasPeepholes: true, flag: true, outputs: ["c"]),
      Layer(kind: "LSTM", outputs: ["h"]), Layer(kind: "RNN", clip: 0.3, outputs: ["h"]),
      Layer(kind: "GRU", outputs: ["y"]),
    ]
    + ["RNN", "GRU", "LSTM"].map { kind in
      // So many sequences are walked in parts.
      Layer(
        kind: kind, isBatchFirst: true, lengths: (0..<35).map { [4, 1, 3][$0 % 3] },
        hasPeepholes: true, batch: 35)
    } + [Layer(kind: "LSTM", batch: 33), Layer(kind: "GRU", flag: true, batch: 33)]
    + [
      "Relu", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu",
      "Softsign", "Softplus",
    ].flatMap { name in
      [
        Layer(kind: "RNN", activations: [name]),
        Layer(kind: "LSTM", activations: ["Sigmoid", name, name]),
        Layer(kind: "GRU", flag: true, activations: [name, "Tanh"]),
      ]
    }

  @Test(arguments: layers) func agreesWithCentralDifferences(layer: Layer) throws {
    let (steps, batch, size, hidden) = (4, layer.batch, 2, 3)
    let gates = ["RNN": 1, "GRU": 3, "LSTM": 4][layer.kind] ?? 0
    let directions = layer.direction == "bidirectional" ? 2 : 1
    let isLSTM = layer.kind == "LSTM"
    var seed: UInt64 = 10
    func numbers(_ shape: Shape) -> Tensor {
      seed += 1
      return GradientCheck.numbers(shape, seed: seed)
    }
    let stateShape: Shape =
      layer.isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
    var inputs: [(name: String, value: Tensor)] = [
      ("x", numbers(layer.isBatchFirst ? [batch, steps, size] : [steps, batch, size])),
      ("w", numbers([directions, gates * hidden, size])),
      ("r", numbers([directions, gates * hidden, hidden])),
      ("b", numbers([directions, 2 * gates * hidden])),
    ]
    var names = ["x", "w", "r", "b", layer.lengths == nil ? "" : "lengths", "", "", ""]
    if layer.hasStates {
      inputs.append(("h0", numbers(stateShape)))
      names[5] = "h0"
    }
    if isLSTM, layer.hasStates {
      inputs.append(("c0", numbers(stateShape)))
      names[6] = "c0"
    }
    if isLSTM, layer.hasPeepholes {
      inputs.append(("p", numbers([directions, 3 * hidden])))
      names[7] = "p"
    }
    if !isLSTM { names = Array(names.prefix(6)) }
    var attributes: [String: AttributeValue] = [
      "direction": .string(layer.direction), "hidden_size": .integer(Int64(hidden)),
      "layout": .integer(layer.isBatchFirst ? 1 : 0),
    ]
    if layer.kind == "GRU" { attributes["linear_before_reset"] = .integer(layer.flag ? 1 : 0) }
    if isLSTM { attributes["input_forget"] = .integer(layer.flag ? 1 : 0) }
    if let clip = layer.clip { attributes["clip"] = .float(clip) }
    if !layer.activations.isEmpty { attributes["activations"] = .strings(layer.activations) }
    let outputs = isLSTM ? ["y", "h", "c"] : ["y", "h"]
    let wanted = outputs.filter { layer.outputs.contains($0) }
    // All outputs that count, as one row.
    var nodes = [
      Node(layer.kind, inputs: names, outputs: outputs, attributes: attributes)
    ]
    for output in wanted {
      nodes.append(Node("Reshape", inputs: [output, "row"], outputs: ["\(output)_row"]))
    }
    nodes.append(
      Node(
        "Concat", inputs: wanted.map { "\($0)_row" }, outputs: ["all"],
        attributes: ["axis": .integer(0)]))
    var constants: [(name: String, value: Tensor)] = [("row", Tensor([Int64(-1)]))]
    if let lengths = layer.lengths { constants.append(("lengths", Tensor(lengths))) }
    let count = wanted.reduce(0) {
      $0 + directions * batch * hidden * ($1 == "y" ? steps : 1)
    }
    let check = GradientCheck(inputs: inputs, nodes: nodes, output: "all", constants: constants)
    #expect(try check.largestRelativeError(outputShape: [count]) < 1e-6)
  }
}

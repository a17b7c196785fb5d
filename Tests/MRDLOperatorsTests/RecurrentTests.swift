import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Recurrent layers against loops over single numbers in double precision.
struct RecurrentTests {
  struct Layer: Sendable, CustomTestStringConvertible {
    var kind: String
    var direction = "forward"
    var isBatchFirst = false
    var hasLengths = false
    var hasOptions = false
    var linearBeforeReset = false

    var testDescription: String {
      "\(kind) \(direction) \(isBatchFirst) \(hasLengths) \(hasOptions) \(linearBeforeReset)"
    }
  }

  static let layers: [Layer] = ["RNN", "GRU", "LSTM"].flatMap { kind in
    ["forward", "reverse", "bidirectional"].flatMap { direction in
      [false, true].flatMap { flag in
        [
          Layer(
            kind: kind, direction: direction, isBatchFirst: flag, hasLengths: !flag,
            hasOptions: true, linearBeforeReset: flag),
          Layer(
            kind: kind, direction: direction, hasLengths: flag, linearBeforeReset: !flag),
        ]
      }
    }
  }

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exponential(-x)) }
  private func tanh(_ x: Double) -> Double { hyperbolicTangent(x) }

  @Test(arguments: layers, realTypes) func agreesWithItsEquations(
    layer: Layer, type: ScalarType
  ) throws {
    var noise = Noise(77)
    let (steps, batch, size, hidden) = (5, 3, 4, 6)
    let gates = ["RNN": 1, "GRU": 3, "LSTM": 4][layer.kind] ?? 0
    let directions = layer.direction == "bidirectional" ? 2 : 1
    let x = noise.array(layer.isBatchFirst ? [batch, steps, size] : [steps, batch, size])
    let w = noise.array([directions, gates * hidden, size])
    let r = noise.array([directions, gates * hidden, hidden])
    let b = layer.hasOptions ? noise.array([directions, 2 * gates * hidden]) : nil
    let stateShape =
      layer.isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
    let h0 = layer.hasOptions ? noise.array(stateShape) : nil
    let c0 = layer.hasOptions && layer.kind == "LSTM" ? noise.array(stateShape) : nil
    let p =
      layer.hasOptions && layer.kind == "LSTM" ? noise.array([directions, 3 * hidden]) : nil
    let lengths = layer.hasLengths ? [5, 2, 0] : [5, 5, 5]
    func state(_ d: Int, _ n: Int, _ k: Int) -> [Int] {
      layer.isBatchFirst ? [n, d, k] : [d, n, k]
    }
    var y: [[Int]: Double] = [:]
    var last: [[Int]: Double] = [:]
    var lastCell: [[Int]: Double] = [:]
    for d in 0..<directions {
      let isReverse = layer.direction == "reverse" || d == 1
      for n in 0..<batch {
        var h = (0..<hidden).map { h0?[state(d, n, $0)] ?? 0 }
        var c = (0..<hidden).map { c0?[state(d, n, $0)] ?? 0 }
        for step in 0..<lengths[n] {
          let t = isReverse ? lengths[n] - 1 - step : step
          func input(_ gate: Int, _ k: Int) -> Double {
            let row = gate * hidden + k
            return (0..<size).reduce(b?[[d, row]] ?? 0) {
              $0 + w[[d, row, $1]] * x[layer.isBatchFirst ? [n, t, $1] : [t, n, $1]]
            }
          }
          func recurrent(_ gate: Int, _ k: Int, _ values: [Double]) -> Double {
            let row = gate * hidden + k
            return (0..<hidden).reduce(b?[[d, gates * hidden + row]] ?? 0) {
              $0 + r[[d, row, $1]] * values[$1]
            }
          }
          let old = h
          switch layer.kind {
          case "RNN": h = (0..<hidden).map { tanh(input(0, $0) + recurrent(0, $0, old)) }
          case "GRU":
            let z = (0..<hidden).map { sigmoid(input(0, $0) + recurrent(0, $0, old)) }
            let reset = (0..<hidden).map { sigmoid(input(1, $0) + recurrent(1, $0, old)) }
            let masked = (0..<hidden).map { reset[$0] * old[$0] }
            h = (0..<hidden).map { k in
              let candidate = tanh(
                input(2, k)
                  + (layer.linearBeforeReset
                    ? reset[k] * recurrent(2, k, old) : recurrent(2, k, masked)))
              return (1 - z[k]) * candidate + z[k] * old[k]
            }
          default:
            for k in 0..<hidden {
              let before = c[k]
              let i = sigmoid(input(0, k) + recurrent(0, k, old) + (p?[[d, k]] ?? 0) * before)
              let f = sigmoid(
                input(2, k) + recurrent(2, k, old) + (p?[[d, 2 * hidden + k]] ?? 0) * before)
              c[k] = f * before + i * tanh(input(3, k) + recurrent(3, k, old))
              let o = sigmoid(
                input(1, k) + recurrent(1, k, old) + (p?[[d, hidden + k]] ?? 0) * c[k])
              h[k] = o * tanh(c[k])
            }
          }
          for k in 0..<hidden { y[layer.isBatchFirst ? [n, t, d, k] : [t, d, n, k]] = h[k] }
        }
        for k in 0..<hidden {
          last[state(d, n, k)] = h[k]
          lastCell[state(d, n, k)] = c[k]
        }
      }
    }
    var attributes: [String: AttributeValue] = [
      "direction": .string(layer.direction), "hidden_size": .integer(Int64(hidden)),
      "layout": .integer(layer.isBatchFirst ? 1 : 0),
    ]
    if layer.kind == "GRU" {
      attributes["linear_before_reset"] = .integer(layer.linearBeforeReset ? 1 : 0)
    }
    var inputs: [Tensor?] = [
      Tensor(x, type), Tensor(w, type), Tensor(r, type), b.map { Tensor($0, type) },
      layer.hasLengths ? Tensor(lengths.map { Int32($0) }) : nil, h0.map { Tensor($0, type) },
    ]
    if layer.kind == "LSTM" { inputs += [c0.map { Tensor($0, type) }, p.map { Tensor($0, type) }] }
    let isLSTM = layer.kind == "LSTM"
    let outputs = try run(layer.kind, attributes, inputs, outputs: isLSTM ? 3 : 2)
    let shape =
      layer.isBatchFirst
      ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]
    expect(outputs[0], is: ReferenceArray(shape) { y[$0] ?? 0 }, "Y")
    expect(outputs[1], is: ReferenceArray(stateShape) { last[$0] ?? 0 }, "Y_h")
    if isLSTM { expect(outputs[2], is: ReferenceArray(stateShape) { lastCell[$0] ?? 0 }, "Y_c") }
  }

  /// Small layers stay on a thread or run their directions side by side; large ones share out each step.
  @Test(arguments: ["RNN", "GRU", "LSTM"], [6, 200])
  func resultsDoNotDependOnThreads(kind: String, hidden: Int) throws {
    var noise = Noise(78)
    let gates = ["RNN": 1, "GRU": 3, "LSTM": 4][kind] ?? 0
    for (direction, directions) in [("forward", 1), ("bidirectional", 2)] {
      let inputs: [Tensor?] = [
        Tensor(noise.array([4, 2, 5]), .float32),
        Tensor(noise.array([directions, gates * hidden, 5]), .float32),
        Tensor(noise.array([directions, gates * hidden, hidden]), .float32), nil,
        Tensor([Int32(4), 3]), Tensor(noise.array([directions, 2, hidden]), .float32),
      ]
      let results = try [1, 2, 0].map { threads in
        try run(
          kind, ["direction": .string(direction), "hidden_size": .integer(Int64(hidden))], inputs,
          outputs: 2, threads: threads
        ).map { $0.elements(as: Float.self) }
      }
      #expect(results[1] == results[0])
      #expect(results[2] == results[0])
      #expect(results[0][0].contains { $0 != 0 })
    }
  }

  @Test func lengthsOutOfRangeAreRefused() throws {
    let inputs: [Tensor?] = [
      Tensor(zeros: [2, 1, 1]), Tensor(zeros: [1, 1, 1]), Tensor(zeros: [1, 1, 1]), nil,
      Tensor([Int32(3)]),
    ]
    expectError(.operatorFailed) { try run("RNN", [:], inputs) }
  }

  @Test func shapesThatDoNotFitAreRefused() {
    expectError(.shapeMismatch) {
      try infer(
        "LSTM", [:],
        [
          ValueFacts(.float32, [5, 1, 2]), ValueFacts(.float32, [1, 12, 2]),
          ValueFacts(.float32, [1, 12, 4]),
        ])
    }
  }
}

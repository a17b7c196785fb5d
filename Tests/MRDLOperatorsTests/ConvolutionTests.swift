import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct ConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var input: [Int]
    var outputs: Int
    var group = 1
    var kernel: [Int]
    var strides: [Int]?
    var dilations: [Int]?
    var pads: [Int]?
    var autoPad = "NOTSET"

    var testDescription: String {
      "\(input) \(outputs)/\(group) k\(kernel) s\(strides ?? []) d\(dilations ?? []) "
        + "p\(pads ?? []) \(autoPad)"
    }

    var attributes: [String: AttributeValue] {
      var result: [String: AttributeValue] = ["group": .integer(Int64(group))]
      func set(_ name: String, _ list: [Int]?) {
        if let list { result[name] = .integers(list.map { Int64($0) }) }
      }
      set("strides", strides)
      set("dilations", dilations)
      set("pads", pads)
      if autoPad != "NOTSET" { result["auto_pad"] = .string(autoPad) }
      return result
    }

    var weights: [Int] { [outputs, input[1] / group] + kernel }

    func reference(
      _ x: ReferenceArray, _ w: ReferenceArray, _ b: ReferenceArray?
    ) -> ReferenceArray {
      var window = ReferenceWindow(
        kernel, strides: strides, dilations: dilations, pads: pads, autoPad: autoPad)
      let spatial = Array(input[2...])
      let output = window.resolve(spatial)
      let places = ReferenceArray.indices(kernel)
      let seen = input[1] / group
      return ReferenceArray([input[0], outputs] + output) { index in
        let first = index[1] / (outputs / group) * seen
        var sum = b.map { $0.values[index[1]] } ?? 0
        for place in places {
          guard let at = window.position(Array(index[2...]), place, spatial) else { continue }
          for channel in 0..<seen {
            sum += x[[index[0], first + channel] + at] * w[[index[1], channel] + place]
          }
        }
        return sum
      }
    }
  }

  static let cases: [Case] = [
    // The two convolutions of the sample network.
    Case(input: [1, 1, 28, 28], outputs: 6, kernel: [5, 5]),
    Case(input: [3, 6, 12, 12], outputs: 12, kernel: [5, 5]),
    Case(input: [1, 3, 7, 9], outputs: 5, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Case(input: [2, 3, 7, 9], outputs: 4, kernel: [3, 2], strides: [2, 3], pads: [0, 1, 2, 0]),
    Case(input: [1, 2, 11, 10], outputs: 3, kernel: [3, 3], dilations: [2, 3]),
    Case(
      input: [2, 4, 9, 8], outputs: 6, group: 2, kernel: [3, 3], strides: [2, 1],
      dilations: [1, 2], pads: [2, 1, 0, 3]),
    Case(input: [1, 6, 8, 7], outputs: 6, group: 6, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Case(input: [2, 5, 6, 6], outputs: 5, group: 5, kernel: [5, 3], strides: [2, 2]),
    Case(input: [1, 3, 6, 6], outputs: 6, group: 3, kernel: [3, 3]),
    Case(input: [3, 7, 5, 4], outputs: 9, kernel: [1, 1]),
    Case(input: [1, 7, 5, 4], outputs: 9, kernel: [1, 1], strides: [2, 2]),
    Case(
      input: [1, 2, 7, 8], outputs: 3, kernel: [4, 3], strides: [2, 3], autoPad: "SAME_UPPER"),
    Case(
      input: [1, 2, 7, 8], outputs: 3, kernel: [4, 3], strides: [2, 3], autoPad: "SAME_LOWER"),
    Case(
      input: [1, 2, 7, 8], outputs: 3, kernel: [2, 3], dilations: [3, 2], autoPad: "SAME_LOWER"),
    Case(input: [1, 2, 7, 8], outputs: 3, kernel: [4, 3], strides: [2, 3], autoPad: "VALID"),
    Case(input: [2, 3, 17], outputs: 4, kernel: [5], strides: [2], pads: [3, 1]),
    Case(input: [1, 4, 9], outputs: 4, group: 4, kernel: [3], dilations: [2]),
    Case(input: [1, 2, 5, 6, 4], outputs: 3, kernel: [2, 3, 2], pads: [1, 0, 1, 0, 1, 0]),
    Case(
      input: [2, 4, 5, 4, 6], outputs: 4, group: 4, kernel: [3, 2, 3], strides: [2, 1, 2],
      autoPad: "SAME_UPPER"),
    Case(input: [0, 3, 5, 5], outputs: 2, kernel: [3, 3]),
    Case(input: [1, 1, 1, 1], outputs: 1, kernel: [1, 1]),
    Case(input: [1, 1, 2, 2], outputs: 2, kernel: [3, 3], pads: [3, 3, 3, 3]),
    Case(input: [1, 33, 6, 7], outputs: 35, kernel: [3, 3], pads: [1, 1, 1, 1]),
  ]

  @Test(arguments: cases, realTypes)
  func againstDefinition(test: Case, type: ScalarType) throws {
    var noise = Noise(11)
    let (x, w) = (noise.array(test.input), noise.array(test.weights))
    let b = noise.array([test.outputs])
    for bias in [nil, b] {
      let expected = test.reference(x, w, bias)
      let inputs = [Tensor(x, type), Tensor(w, type), bias.map { Tensor($0, type) }]
      // Constant weights are packed ahead, others while running: the result is the same.
      let constant = try run("Conv", test.attributes, inputs)[0]
      let variable = try run("Conv", test.attributes, inputs, variable: [0, 1, 2])[0]
      expect(constant, is: expected)
      #expect(constant.bytes == variable.bytes)
    }
  }

  @Test(arguments: realTypes)
  func resultsDoNotDependOnThreads(type: ScalarType) throws {
    var noise = Noise(12)
    for (input, weights, group) in [
      ([3, 16, 40, 41], [24, 16, 3, 3], 1), ([2, 64, 30, 30], [64, 1, 3, 3], 64),
      ([8, 6, 12, 12], [12, 6, 5, 5], 1),
    ] {
      let inputs = [
        Tensor(noise.array(input), type), Tensor(noise.array(weights), type),
        Tensor(noise.array([weights[0]]), type),
      ]
      let attributes: [String: AttributeValue] = ["group": .integer(Int64(group))]
      let one = try run("Conv", attributes, inputs, threads: 1)[0]
      for threads in [2, 3, 0] {
        #expect(try run("Conv", attributes, inputs, threads: threads)[0].bytes == one.bytes)
      }
      let variable = try run("Conv", attributes, inputs, variable: [1], threads: 1)[0]
      for threads in [2, 3, 0] {
        let other = try run("Conv", attributes, inputs, variable: [1], threads: threads)[0]
        #expect(other.bytes == variable.bytes)
      }
      if type == .float32, group == 1, weights[1] >= 16, weights[2] == 3 {
        // What is filtered where weights are not known ahead is rounded otherwise.
        let (known, unknown) = (one.elements(as: Float.self), variable.elements(as: Float.self))
        let largest = known.map(abs).max() ?? 0
        let worst = zip(known, unknown).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= 2e-5 * largest)
      } else {
        #expect(variable.bytes == one.bytes)
      }
    }
  }

  @Test func packedWeightsAreShared() throws {
    var noise = Noise(13)
    let weights = Tensor(noise.array([8, 3, 3, 3]), .float32)
    let op = try makeOperator("Conv", inputs: 2)
    let packed = PackedConstants()
    for size in [5, 9, 9] {
      let x = Tensor(noise.array([1, 3, size, size]), .float32)
      _ = try evaluate(op, inputs: [x, weights], packedConstants: packed)
    }
    #expect(packed.byteCount >= 8 * 27 * 4 && packed.byteCount < 2 * 8 * 27 * 4)
  }

  @Test func inference() throws {
    let same: [String: AttributeValue] = ["auto_pad": .string("SAME_UPPER")]
    #expect(try shape("Conv", [:], [["N", 3, 28, 28], [6, 3, 5, 5]]) == ["N", 6, 24, 24])
    #expect(
      try shape("Conv", [:], [["N", 3, "H", 28], [6, 3, 5, 5]]) == ["N", 6, .unknown, 24])
    #expect(try shape("Conv", same, [["N", 3, "H", "W"], [6, 3, 5, 5]]) == ["N", 6, "H", "W"])
    #expect(
      try shape("Conv", ["pads": .integers([1, 1, 1, 1])], [["N", 3, "H", "W"], [6, 3, 3, 3]])
        == ["N", 6, "H", "W"])
    #expect(try shape("Conv", [:], [["N", "C", "H"], ["M", .unknown, 1]]) == ["N", "M", "H"])
    let bad: [(FindingCode, [String: AttributeValue], [SymbolicShape?])] = [
      (.shapeMismatch, [:], [[1, 3, 8, 8], [6, 4, 3, 3]]),
      (.shapeMismatch, [:], [[1, 3, 8, 8], [6, 3, 3]]),
      (.shapeMismatch, [:], [[1, 3], [6, 3]]),
      (.shapeMismatch, [:], [[1, 3, 2, 8], [6, 3, 3, 3]]),
      (.shapeMismatch, [:], [[1, 3, 8, 8], [6, 3, 3, 3], [5]]),
      (.shapeMismatch, [:], [[1, 3, 8, 8], [6, 3, 3, 3], [6, 1]]),
      (.shapeMismatch, [:], [[1, 3, 8, 8], [6, 3, 0, 3]]),
      (.shapeMismatch, ["group": .integer(3)], [[1, 3, 8, 8], [4, 1, 3, 3]]),
      (.shapeMismatch, ["group": .integer(.max)], [[1, 3, 8, 8], [4, 3, 3, 3]]),
      (.shapeMismatch, [:], [[0, 1, .fixed(.max)], [1, 1, 3]]),
      (
        .shapeMismatch, ["dilations": .integers([1 << 30])], [[0, 1, 9], [0, 1, .fixed(1 << 40)]]
      ),
      (.badAttribute, ["strides": .integers([1])], [[1, 3, 8, 8], [6, 3, 3, 3]]),
      (.badAttribute, ["kernel_shape": .integers([3, 2])], [[1, 3, 8, 8], [6, 3, 3, 3]]),
      (.badAttribute, ["pads": .integers([1, 1])], [[1, 3, 8, 8], [6, 3, 3, 3]]),
    ]
    for (code, attributes, shapes) in bad {
      expectError(code) { try shape("Conv", attributes, shapes) }
    }
    for attributes: [String: AttributeValue] in [
      ["strides": .integers([0, 1])], ["dilations": .integers([1, -1])], ["group": .integer(0)],
      ["pads": .integers([-1, 0, 0, 0])], ["auto_pad": .string("same")],
      ["auto_pad": .string("VALID"), "pads": .integers([1, 1, 1, 1])], ["ceil_mode": .integer(1)],
    ] {
      // An attribute that is not known is found when all have been read.
      expectError(.badAttribute) { try makeOperator("Conv", attributes, inputs: 2) }
    }
    expectError(.typeMismatch) {
      try infer("Conv", [:], [ValueFacts(.float32, [1, 1, 3]), ValueFacts(.float64, [1, 1, 1])])
    }
  }

  @Test func cost() throws {
    let op = try makeOperator("Conv", ["group": .integer(2)], inputs: 2)
    let cost = op.cost(
      inputs: [ValueFacts(.float32, [1, 4, 8, 8]), ValueFacts(.float32, [6, 2, 3, 3])],
      outputs: [ValueFacts(.float32, [1, 6, 6, 6])])
    #expect(cost.multiplyAdds == 6 * 36 * 2 * 9)
  }
}

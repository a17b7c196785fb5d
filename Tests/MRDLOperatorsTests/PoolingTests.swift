import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct PoolingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var input: [Int]
    var kernel: [Int]
    var strides: [Int]?
    var dilations: [Int]?
    var pads: [Int]?
    var autoPad = "NOTSET"
    var roundsUp = false

    var testDescription: String {
      "\(input) k\(kernel) s\(strides ?? []) d\(dilations ?? []) p\(pads ?? []) \(autoPad) "
        + "\(roundsUp ? "up" : "down")"
    }

    var attributes: [String: AttributeValue] {
      var result: [String: AttributeValue] = [
        "kernel_shape": .integers(kernel.map { Int64($0) })
      ]
      func set(_ name: String, _ list: [Int]?) {
        if let list { result[name] = .integers(list.map { Int64($0) }) }
      }
      set("strides", strides)
      set("dilations", dilations)
      set("pads", pads)
      if autoPad != "NOTSET" { result["auto_pad"] = .string(autoPad) }
      if roundsUp { result["ceil_mode"] = .integer(1) }
      return result
    }

    /// What the window sees at each output position, and how many of its places lie inside the padding.
    func reference(
      _ x: ReferenceArray, _ combine: ([Double], Int) -> Double
    ) -> ReferenceArray {
      var window = ReferenceWindow(
        kernel, strides: strides, dilations: dilations, pads: pads, autoPad: autoPad,
        roundsUp: roundsUp)
      let spatial = Array(input[2...])
      let output = window.resolve(spatial)
      let places = ReferenceArray.indices(kernel)
      return ReferenceArray([input[0], input[1]] + output) { index in
        let at = Array(index[2...])
        let seen = places.compactMap { window.position(at, $0, spatial) }
        let inside = places.count { window.isInsidePadding(at, $0, spatial) }
        return combine(seen.map { x[[index[0], index[1]] + $0] }, inside)
      }
    }
  }

  static let cases: [Case] = [
    Case(input: [1, 6, 24, 24], kernel: [2, 2], strides: [2, 2]),
    Case(input: [3, 2, 7, 9], kernel: [3, 2]),
    Case(input: [2, 3, 7, 9], kernel: [3, 2], strides: [2, 3], pads: [1, 0, 2, 1]),
    Case(input: [1, 2, 7, 8], kernel: [2, 2], strides: [2, 2], roundsUp: true),
    Case(
      input: [1, 2, 7, 8], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], roundsUp: true),
    // The last window would begin in the padding after the input.
    Case(
      input: [1, 1, 4, 4], kernel: [1, 1], strides: [3, 3], pads: [0, 0, 1, 1], roundsUp: true),
    Case(
      input: [1, 1, 3, 3], kernel: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], roundsUp: true),
    Case(input: [1, 2, 10, 11], kernel: [3, 2], dilations: [2, 4]),
    Case(
      input: [1, 2, 10, 11], kernel: [3, 2], strides: [2, 2], dilations: [2, 3], roundsUp: true),
    Case(input: [1, 2, 7, 8], kernel: [3, 4], strides: [2, 3], autoPad: "SAME_UPPER"),
    Case(input: [1, 2, 7, 8], kernel: [3, 4], strides: [2, 3], autoPad: "SAME_LOWER"),
    Case(input: [1, 2, 7, 8], kernel: [3, 4], strides: [2, 3], autoPad: "VALID"),
    Case(input: [2, 3, 17], kernel: [4], strides: [3], pads: [2, 1]),
    Case(
      input: [1, 2, 5, 6, 4], kernel: [2, 3, 2], strides: [1, 2, 2], pads: [1, 0, 1, 0, 1, 0]),
    Case(input: [0, 2, 5, 5], kernel: [2, 2]),
    Case(input: [1, 33, 5, 19], kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1]),
  ]

  @Test(arguments: cases, realTypes)
  func maximum(test: Case, type: ScalarType) throws {
    var noise = Noise(21)
    let x = noise.array(test.input)
    let expected = test.reference(x) { seen, _ in seen.max() ?? -.infinity }
    expect(try run("MaxPool", test.attributes, [Tensor(x, type)])[0], is: expected)
  }

  @Test(arguments: cases, realTypes)
  func mean(test: Case, type: ScalarType) throws {
    var noise = Noise(22)
    let x = noise.array(test.input)
    for countsPadding in [false, true] {
      let expected = test.reference(x) { seen, inside in
        let divisor = countsPadding ? inside : seen.count
        return divisor == 0 ? 0 : seen.reduce(0, +) / Double(divisor)
      }
      var attributes = test.attributes
      attributes["count_include_pad"] = .integer(countsPadding ? 1 : 0)
      expect(
        try run("AveragePool", attributes, [Tensor(x, type)])[0], is: expected,
        "padding \(countsPadding)")
    }
  }

  @Test(arguments: realTypes)
  func wholePlanes(type: ScalarType) throws {
    var noise = Noise(23)
    for extents in [[2, 3, 5, 7], [1, 4, 9], [3, 1, 2, 3, 4], [0, 3, 4, 4], [2, 5]] {
      let x = noise.array(extents)
      let inner = extents[2...].reduce(1, *)
      func reduce(_ body: (ArraySlice<Double>) -> Double) -> ReferenceArray {
        ReferenceArray(
          [extents[0], extents[1]] + extents[2...].map { _ in 1 },
          (0..<extents[0] * extents[1]).map { body(x.values[$0 * inner..<($0 + 1) * inner]) })
      }
      expect(
        try run("GlobalAveragePool", [:], [Tensor(x, type)])[0],
        is: reduce { $0.reduce(0, +) / Double($0.count) })
      expect(
        try run("GlobalMaxPool", [:], [Tensor(x, type)])[0], is: reduce { $0.max() ?? -.infinity })
    }
  }

  @Test func notANumberWins() throws {
    let x = Tensor([Float(1), .nan, 3, 4], shape: [1, 1, 4])
    let attributes: [String: AttributeValue] = ["kernel_shape": .integers([2])]
    let found = try run("MaxPool", attributes, [x])[0].numbers
    #expect(found[0].isNaN && found[1].isNaN && found[2] == 4)
  }

  @Test(arguments: ["MaxPool", "AveragePool"])
  func inference(name: String) throws {
    let two: [String: AttributeValue] = [
      "kernel_shape": .integers([2, 2]), "strides": .integers([2, 2]),
    ]
    #expect(try shape(name, two, [["N", 6, 24, "W"]]) == ["N", 6, 12, .unknown])
    #expect(
      try shape(name, ["kernel_shape": .integers([1])], [["N", "C", "W"]]) == ["N", "C", "W"])
    expectError(.badAttribute) { try shape(name, [:], [[1, 1, 4, 4]]) }
    expectError(.badAttribute) { try shape(name, two, [[1, 1, 4]]) }
    expectError(.shapeMismatch) { try shape(name, two, [[1, 1]]) }
    expectError(.shapeMismatch) { try shape(name, two, [[1, 1, 4, 1]]) }
    expectError(.typeMismatch) { try infer(name, two, [ValueFacts(.int32, [1, 1, 4, 4])]) }
    expectError(.badAttribute) {
      try makeOperator(name, ["kernel_shape": .integers([0, 1])])
    }
    // Means have no positions.
    if name == "AveragePool" {
      expectError(.wrongInputCount) { try makeOperator(name, two, outputs: 2) }
    }
  }

  @Test(arguments: [0, 1]) func positionsOfTheLargest(order: Int) throws {
    let attributes: [String: AttributeValue] = [
      "kernel_shape": .integers([2, 2]), "strides": .integers([2, 1]),
      "storage_order": .integer(Int64(order)),
    ]
    let x: [UInt8] = [1, 9, 2, 3, 4, 8, 7, 5, 5, 6, 0, 6]
    let outputs = try run("MaxPool", attributes, [Tensor(x, shape: [1, 1, 4, 3])], outputs: 2)
    #expect(outputs[0].elements(as: UInt8.self) == [9, 9, 7, 6])
    let rowMajor: [Int64] = [1, 1, 6, 11]
    let expected = rowMajor.map { order == 0 ? $0 : $0 % 3 * 4 + $0 / 3 }
    #expect(outputs[1].elements(as: Int64.self) == expected)
    let real = try run(
      "MaxPool", attributes, [Tensor(x.map { Float($0) }, shape: [1, 1, 4, 3])], outputs: 2)
    #expect(real[0].elements(as: Float.self) == [9, 9, 7, 6])
    #expect(real[1].elements(as: Int64.self) == expected)
  }

  @Test func wholePlaneInference() throws {
    #expect(try shape("GlobalAveragePool", [:], [["N", 3, "H", 5]]) == ["N", 3, 1, 1])
    expectError(.shapeMismatch) { try shape("GlobalMaxPool", [:], [[3]]) }
  }
}

import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct MovementTests {
  static let permutations: [([Int], [Int])] = [
    ([], []), ([7], [0]), ([3, 5], [1, 0]), ([33, 65], [1, 0]), ([2, 3, 4], [0, 1, 2]),
    ([2, 3, 4], [0, 2, 1]), ([2, 3, 4], [1, 0, 2]), ([2, 3, 4], [2, 1, 0]),
    ([2, 3, 4], [1, 2, 0]), ([2, 17, 5, 3], [0, 2, 3, 1]), ([2, 5, 3, 17], [0, 3, 1, 2]),
    ([3, 1, 2, 1, 4], [4, 3, 2, 1, 0]), ([2, 0, 3], [2, 1, 0]), ([1, 20, 1], [2, 1, 0]),
    ([2, 2, 2, 2, 2, 3], [5, 0, 4, 1, 3, 2]),
  ]

  @Test(arguments: [ScalarType.bool, .int16, .float32, .float64])
  func transpose(type: ScalarType) throws {
    for (extents, permutation) in Self.permutations {
      let count = extents.reduce(1, *)
      let x = ReferenceArray(
        extents, (0..<count).map { type == .bool ? Double($0 % 3 / 2) : Double($0) })
      let expected = ReferenceArray(permutation.map { extents[$0] }) { index in
        var source = index
        for (position, axis) in permutation.enumerated() { source[axis] = index[position] }
        return x[source]
      }
      let found = try run(
        "Transpose", ["perm": .integers(permutation.map { Int64($0) })], [Tensor(x, type)])
      expect(found[0], is: expected, "\(extents) \(permutation)")
    }
    let matrix = ReferenceArray([2, 3], [0, 1, 0, 1, 1, 0])
    let turned = try run("Transpose", [:], [Tensor(matrix, type)])
    expect(turned[0], is: ReferenceArray([3, 2], [0, 1, 1, 1, 0, 0]))
  }

  @Test func transposeInference() throws {
    let perm: [String: AttributeValue] = ["perm": .integers([0, 2, 3, 1])]
    #expect(try shape("Transpose", perm, [["N", 3, "H", .unknown]]) == ["N", "H", .unknown, 3])
    #expect(try shape("Transpose", [:], [["N", 2]]) == [2, "N"])
    expectError(.badAttribute) { try makeOperator("Transpose", ["perm": .integers([0, 0])]) }
    expectError(.badAttribute) { try shape("Transpose", perm, [[1, 2]]) }
  }

  @Test(arguments: [ScalarType.uint8, .float16, .float32, .int64])
  func concat(type: ScalarType) throws {
    let parts = [[2, 3, 4], [2, 1, 4], [2, 0, 4], [2, 5, 4]]
    var noise = Noise(7)
    let arrays = parts.map { extents in
      ReferenceArray(extents, (0..<extents.reduce(1, *)).map { _ in Double(noise.next() % 100) })
    }
    for axis in [1, -2] {
      let expected = ReferenceArray([2, 9, 4]) { index in
        var position = index[1]
        for array in arrays {
          if position < array.shape[1] { return array[[index[0], position, index[2]]] }
          position -= array.shape[1]
        }
        return .nan
      }
      let found = try run(
        "Concat", ["axis": .integer(Int64(axis))], arrays.map { Tensor($0, type) })
      expect(found[0], is: expected)
    }
    let outer = try run(
      "Concat", ["axis": .integer(0)], [Tensor(arrays[0], type), Tensor(arrays[0], type)])
    expect(outer[0], is: ReferenceArray([4, 3, 4], arrays[0].values + arrays[0].values))
  }

  @Test func concatInference() throws {
    let axis: [String: AttributeValue] = ["axis": .integer(1)]
    #expect(try shape("Concat", axis, [["N", 3], [.unknown, 4]]) == ["N", 7])
    #expect(try shape("Concat", axis, [["N", 3], ["N", "C"]]) == ["N", .unknown])
    #expect(try shape("Concat", axis, [[2, 3], ["N", 4]]) == [2, 7])
    expectError(.badAttribute) { try makeOperator("Concat") }
    expectError(.badAttribute) { try shape("Concat", ["axis": .integer(2)], [[1, 2]]) }
    expectError(.shapeMismatch) { try shape("Concat", axis, [[2, 3], [3, 3]]) }
    expectError(.shapeMismatch) { try shape("Concat", axis, [[2, 3], [2, 3, 1]]) }
    expectError(.shapeMismatch) { try shape("Concat", ["axis": .integer(0)], [[], []]) }
    expectError(.typeMismatch) {
      try infer("Concat", axis, [ValueFacts(.int8, [1, 1]), ValueFacts(.uint8, [1, 1])])
    }
  }

  @Test func views() throws {
    let x = Tensor(ReferenceArray([2, 3, 1, 4], (0..<24).map { Double($0) }), .int32)
    let axes = Tensor([Int64(-2)])
    let cases: [(String, [String: AttributeValue], [Tensor?], [Int])] = [
      ("Flatten", [:], [x], [2, 12]), ("Flatten", ["axis": .integer(0)], [x], [1, 24]),
      ("Flatten", ["axis": .integer(4)], [x], [24, 1]),
      ("Flatten", ["axis": .integer(-1)], [x], [6, 4]),
      ("Squeeze", [:], [x], [2, 3, 4]), ("Squeeze", [:], [x, axes], [2, 3, 4]),
      ("Unsqueeze", [:], [x, Tensor([Int64(0), -1])], [1, 2, 3, 1, 4, 1]),
      ("Unsqueeze", [:], [x, Tensor([Int64(3), 1])], [2, 1, 3, 1, 1, 4]),
      ("Reshape", [:], [x, Tensor([Int64(0), -1, 2])], [2, 6, 2]),
      ("Identity", [:], [x], [2, 3, 1, 4]), ("Dropout", [:], [x], [2, 3, 1, 4]),
    ]
    for (name, attributes, inputs, expected) in cases {
      var inputs = inputs
      if name == "Dropout" { inputs = [Tensor(ReferenceArray([2, 3, 1, 4], x.numbers), .float32)] }
      let found = try run(name, attributes, inputs)[0]
      #expect(found.shape.dimensions == expected, "\(name)")
      #expect(found.numbers == x.numbers, "\(name)")
      #expect(try makeOperator(name, attributes, inputs: inputs.count).isView)
    }
  }

  @Test func viewInference() throws {
    #expect(try shape("Flatten", [:], [["N", 12, 4, 4]]) == ["N", 192])
    #expect(try shape("Flatten", [:], [["N", 12, "H", 1]]) == ["N", .unknown])
    #expect(try shape("Flatten", ["axis": .integer(2)], [["N", 1, 1, "H"]]) == ["N", "H"])
    #expect(try shape("Flatten", [:], [["N", 0, "H"]]) == ["N", 0])
    expectError(.badAttribute) { try shape("Flatten", ["axis": .integer(3)], [[1, 2]]) }
    #expect(try shape("Squeeze", [:], [["N", 1]]) == nil)
    #expect(try shape("Squeeze", [:], [["N", 1]], constants: [1: [1]]) == ["N"])
    expectError(.shapeMismatch) { try shape("Squeeze", [:], [["N", 2]], constants: [1: [1]]) }
    expectError(.badAttribute) { try shape("Squeeze", [:], [["N", 1]], constants: [1: [2]]) }
    expectError(.badAttribute) { try shape("Squeeze", [:], [["N", 1]], constants: [1: [1, -1]]) }
    #expect(try shape("Unsqueeze", [:], [["N"]], constants: [1: [0]]) == [1, "N"])
    expectError(.badAttribute) { try shape("Unsqueeze", [:], [["N"]], constants: [1: [2]]) }
    #expect(
      try shape("Reshape", [:], [["N", 12, 4, 4]], constants: [1: [0, -1]]) == ["N", .fixed(192)])
  }

  @Test func shapeOf() throws {
    let x = Tensor(zeros: [2, 3, 5])
    #expect(try run("Shape", [:], [x])[0].elements(as: Int64.self) == [2, 3, 5])
    let part: [String: AttributeValue] = ["start": .integer(-2), "end": .integer(-1)]
    #expect(try run("Shape", part, [x])[0].elements(as: Int64.self) == [3])
    let none: [String: AttributeValue] = ["start": .integer(2), "end": .integer(1)]
    #expect(try run("Shape", none, [x])[0].elements(as: Int64.self) == [])
    let symbolic = try infer("Shape", [:], [ValueFacts(.float32, ["N", 3])])[0]
    #expect(symbolic.constant == nil && symbolic.shape == [2])
    let fixed = try infer("Shape", ["start": .integer(1)], [ValueFacts(.float32, ["N", 3])])[0]
    #expect(fixed.integers == [3])
  }

  @Test func constant() throws {
    let cases: [([String: AttributeValue], Tensor)] = [
      (["value_float": .float(2.5)], Tensor(scalar: Float(2.5))),
      (["value_floats": .floats([1, 2])], Tensor([Float(1), 2])),
      (["value_int": .integer(-3)], Tensor(scalar: Int64(-3))),
      (["value_ints": .integers([4, 5])], Tensor([Int64(4), 5])),
    ]
    for (attributes, expected) in cases {
      let op = try makeOperator("Constant", attributes, inputs: 0)
      let facts = try op.infer(Operands([], outputCount: 1, place: .unknown))[0]
      let found = try #require(facts.constant)
      #expect(found.scalarType == expected.scalarType && found.shape == expected.shape)
      #expect(found.bytes == expected.bytes)
    }
    var table = TensorTable()
    table["w"] = ModelTensor("w", Tensor([Int8(7)]))
    let named = try makeOperator("Constant", ["value": .tensor("w")], inputs: 0, tensors: table)
    #expect(try evaluate(named, inputs: [])[0]?.elements(as: Int8.self) == [7])
    expectError(.badAttribute) { try makeOperator("Constant", inputs: 0) }
    expectError(.badAttribute) {
      try makeOperator(
        "Constant", ["value_int": .integer(1), "value_float": .float(1)], inputs: 0)
    }
    expectError(.badAttribute) {
      try makeOperator("Constant", ["value_string": .string("a")], inputs: 0)
    }
    expectError(.missingTensor) {
      try makeOperator("Constant", ["value": .tensor("absent")], inputs: 0)
    }
  }

  /// What a shape computed from another shape becomes: `[N, 3, 4]` to `[12, …]` by way of Shape and Concat.
  @Test func shapesAreFolded() throws {
    var model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, [2, 3, 4])],
        outputs: [ValueInfo("y", .float32, nil)],
        nodes: [
          Node("Shape", inputs: ["x"], outputs: ["s"], attributes: ["end": .integer(1)]),
          Node("Concat", inputs: ["s", "rest"], outputs: ["t"], attributes: ["axis": .integer(0)]),
          Node("Reshape", inputs: ["x", "t"], outputs: ["y"]),
        ]))
    model.tensors["rest"] = ModelTensor("rest", Tensor([Int64(-1)]))
    let diagnostics = Diagnostics()
    let inference = ShapeInference(model, diagnostics: diagnostics)
    #expect(diagnostics.findings.isEmpty)
    #expect(inference.facts["y"]?.shape == [2, 12])
  }
}

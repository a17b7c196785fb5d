import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct IndexingTests {
  @Test(arguments: [0, 1, 2, -1, -3])
  func gather(axis: Int) throws {
    var noise = Noise(5)
    let data = noise.array([3, 4, 5])
    let indices: [[Int64]] = [[0, 2], [-1, 1], [-3, 0]]
    let position = axis < 0 ? axis + 3 : axis
    var shape = data.shape
    shape.replaceSubrange(position...position, with: [3, 2])
    let expected = ReferenceArray(shape) { index in
      let named = Int(indices[index[position]][index[position + 1]])
      var source = index
      source.replaceSubrange(
        position...(position + 1), with: [named < 0 ? named + data.shape[position] : named])
      return data[source]
    }
    let attributes = ["axis": AttributeValue.integer(Int64(axis))]
    for type in computableTypes where type != .bool && !type.rawValue.hasPrefix("u") {
      let found = try run(
        "Gather", attributes,
        [Tensor(data, type), Tensor(indices.flatMap(\.self), shape: [3, 2])])
      let wanted = try run("Cast", ["to": .integer(castCode(type))], [Tensor(expected, .float64)])
      #expect(found[0].shape.dimensions == shape)
      #expect(type == .float16 || type == .bfloat16 || found[0].numbers == wanted[0].numbers)
    }
  }

  private func castCode(_ type: ScalarType) -> Int64 {
    switch type {
    case .float32: 1
    case .int8: 3
    case .int16: 5
    case .int32: 6
    case .int64: 7
    case .float16: 10
    case .bfloat16: 16
    default: 11
    }
  }

  @Test func gatherWithOneIndexRemovesTheAxis() throws {
    let data = Tensor([Float(1), 2, 3])
    let found = try run("Gather", [:], [data, Tensor(scalar: Int32(-1))])
    #expect(found[0].shape == .scalar)
    #expect(found[0].elements(as: Float.self) == [3])
  }

  @Test(arguments: [Int64(3), -4])
  func gatherRefusesIndicesOutside(index: Int64) {
    expectError(.operatorFailed) {
      try run("Gather", [:], [Tensor([Float(1), 2, 3]), Tensor([index])])
    }
  }

  /// Starts, ends and steps with what `numpy.arange(6)[start:end:step]` gives.
  static let slices: [(start: Int64, end: Int64, step: Int64, expected: [Double])] = [
    (0, 6, 1, [0, 1, 2, 3, 4, 5]), (1, 4, 1, [1, 2, 3]), (-2, 100, 1, [4, 5]),
    (-100, 2, 1, [0, 1]), (4, 1, 1, []), (0, .max, 4, [0, 4]), (5, 0, -2, [5, 3, 1]),
    (-1, .min, -1, [5, 4, 3, 2, 1, 0]), (100, -7, -5, [5, 0]), (0, 5, -1, []), (0, 6, .max, [0]),
    (5, .min, .min, [5]),
  ]

  @Test(arguments: slices)
  func slice(start: Int64, end: Int64, step: Int64, expected: [Double]) throws {
    let data = Tensor(ReferenceArray([6], (0..<6).map(Double.init)), .float32)
    let found = try run(
      "Slice", [:], [data, Tensor([start]), Tensor([end]), Tensor([Int64(0)]), Tensor([step])])
    #expect(found[0].numbers == expected)
  }

  @Test func sliceOfSeveralAxes() throws {
    var noise = Noise(6)
    let data = noise.array([3, 4, 5])
    let expected = ReferenceArray([3, 2, 2]) { data[[$0[0], $0[1] + 1, 4 - 2 * $0[2]]] }
    let found = try run(
      "Slice", [:],
      [
        Tensor(data, .float64), Tensor([Int64(-1), 1]), Tensor([Int64(0), 3]),
        Tensor([Int64(-1), 1]), Tensor([Int64(-2), 1]),
      ])
    expect(found[0], is: expected)
  }

  @Test func sliceRefusesAStepOfZero() {
    expectError(.badAttribute) {
      try run(
        "Slice", [:],
        [
          Tensor([Float(1)]), Tensor([Int64(0)]), Tensor([Int64(1)]), Tensor([Int64(0)]),
          Tensor([Int64(0)]),
        ])
    }
  }

  @Test func constantOfShape() throws {
    let zeros = try run("ConstantOfShape", [:], [Tensor([Int64(2), 0, 3])])
    #expect(zeros[0].shape == [2, 0, 3])
    var tensors = TensorTable()
    tensors["v"] = ModelTensor("v", Tensor([Int64(7)]))
    let op = try makeOperator(
      "ConstantOfShape", ["value": .tensor("v")], tensors: tensors)
    let sevens = try evaluate(op, inputs: [Tensor([Int64(2), 2])])[0]
    #expect(sevens?.elements(as: Int64.self) == [7, 7, 7, 7])
    expectError(.shapeMismatch) { try run("ConstantOfShape", [:], [Tensor([Int64(-1)])]) }
    // Beyond all memory: refused before anything is allocated.
    expectError(.limitExceeded) { try run("ConstantOfShape", [:], [Tensor([Int64(1) << 40])]) }
  }
}

struct BitShiftTests {
  @Test func negativePlacesAreMoreThanThereAre() throws {
    let x = Tensor([Int8(-8), 4, -1, 64])
    let places = Tensor([Int8(-1), -8, 100, 3])
    #expect(
      try run("BitShift", ["direction": .string("RIGHT")], [x, places])[0].elements(as: Int8.self)
        == [-1, 0, -1, 8])
    #expect(
      try run("BitShift", ["direction": .string("LEFT")], [x, places])[0].elements(as: Int8.self)
        == [0, 0, 0, 0])
  }
}

struct PowerTests {
  @Test(arguments: realTypes)
  func pow(type: ScalarType) throws {
    let base = ReferenceArray([2, 3], [1, 2, 4, -2, 0.25, 9])
    let found = try run(
      "Pow", [:], [Tensor(base, type), Tensor(ReferenceArray([3], [3, 2, 0.5]), type)])
    expect(found[0], is: ReferenceArray([2, 3], [1, 4, 2, -8, 0.0625, 3]))
  }

  @Test(arguments: realTypes)
  func parametricRelu(type: ScalarType) throws {
    var noise = Noise(7)
    let (data, slope) = (noise.array([2, 3, 5]), noise.array([3, 1]))
    let expected = ReferenceArray(data.shape) { index in
      data[index] < 0 ? data[index] * slope.broadcast(index) : data[index]
    }
    expect(try run("PRelu", [:], [Tensor(data, type), Tensor(slope, type)])[0], is: expected)
    expectError(.shapeMismatch) {
      try run("PRelu", [:], [Tensor(slope, type), Tensor(data, type)])
    }
  }

  @Test(arguments: realTypes)
  func hardSigmoid(type: ScalarType) throws {
    var noise = Noise(8)
    let data = noise.array([70])
    for (alpha, beta) in [(0.2, 0.5), (1.0, 0.25)] {
      let expected = ReferenceArray(data.shape) { max(0, min(1, alpha * data[$0] + beta)) }
      let found = try run(
        "HardSigmoid", ["alpha": .float(alpha), "beta": .float(beta)], [Tensor(data, type)])
      expect(found[0], is: expected)
    }
  }
}

import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct ReductionTests {
  static let cases: [(shape: [Int], axes: [Int])] = [
    ([5], [0]), ([2, 3], [0]), ([2, 3], [1]), ([2, 3], [0, 1]), ([2, 3, 4], [1]),
    ([2, 3, 4], [0, 2]), ([2, 3, 4], [-1, 1]), ([2, 3, 4, 5], [0, 2]), ([2, 3, 4, 5], [3, 1]),
    ([2, 3, 4, 5, 2], [0, 2, 4]), ([3, 1, 4], [1]), ([1, 1], [0, 1]), ([0, 3], [0]),
    ([3, 0, 2], [0, 2]), ([3, 40, 1100], [1]), ([7, 65], [1]),
  ]

  static func reference(
    _ x: ReferenceArray, _ axes: [Int], keepsAxes: Bool, _ combine: ([Double]) -> Double
  ) -> ReferenceArray {
    let reduced = Set(axes.map { $0 < 0 ? $0 + x.shape.count : $0 })
    let outer = x.shape.indices.map { reduced.contains($0) ? 1 : x.shape[$0] }
    let inner = x.shape.indices.map { reduced.contains($0) ? x.shape[$0] : 1 }
    var result = ReferenceArray(outer) { index in
      combine(ReferenceArray.indices(inner).map { x[zip(index, $0).map { $0 + $1 }] })
    }
    if !keepsAxes {
      result.shape = x.shape.indices.filter { !reduced.contains($0) }.map { x.shape[$0] }
    }
    return result
  }

  @Test(arguments: cases, realTypes)
  func realNumbers(test: (shape: [Int], axes: [Int]), type: ScalarType) throws {
    var noise = Noise(61)
    let x = noise.array(test.shape)
    for keepsAxes in [true, false] {
      let attributes: [String: AttributeValue] = ["keepdims": .integer(keepsAxes ? 1 : 0)]
      let inputs = [Tensor(x, type), Tensor(test.axes.map { Int64($0) })]
      func expected(_ combine: ([Double]) -> Double) -> ReferenceArray {
        Self.reference(x, test.axes, keepsAxes: keepsAxes, combine)
      }
      expect(try run("ReduceSum", attributes, inputs)[0], is: expected { $0.reduce(0, +) })
      expect(
        try run("ReduceMean", attributes, inputs)[0],
        is: expected { $0.reduce(0, +) / Double($0.count) })
      expect(
        try run("ReduceMax", attributes, inputs)[0], is: expected { $0.max() ?? -.infinity })
      for name in ["ReduceSum", "ReduceMean", "ReduceMax"] {
        #expect(
          try run(name, attributes, inputs, threads: 2)[0].bytes
            == run(name, attributes, inputs)[0].bytes)
      }
    }
  }

  @Test(arguments: cases.dropLast(2), [ScalarType.int32, .int64, .uint32, .uint64])
  func wholeNumbers(test: (shape: [Int], axes: [Int]), type: ScalarType) throws {
    var noise = Noise(62)
    let x = ReferenceArray(
      test.shape, (0..<test.shape.reduce(1, *)).map { _ in Double(noise.next() % 1000) })
    let inputs = [Tensor(x, type), Tensor(test.axes.map { Int64($0) })]
    func expected(_ combine: ([Double]) -> Double) -> ReferenceArray {
      Self.reference(x, test.axes, keepsAxes: true, combine)
    }
    expect(try run("ReduceSum", [:], inputs)[0], is: expected { $0.reduce(0, +) })
    expect(
      try run("ReduceMean", [:], inputs)[0],
      is: expected {
        $0.isEmpty ? 0 : ($0.reduce(0, +) / Double($0.count)).rounded(.towardZero)
      })
    if !x.values.isEmpty {
      expect(try run("ReduceMax", [:], inputs)[0], is: expected { $0.max() ?? 0 })
    }
  }

  @Test func otherTypesHaveMaxima() throws {
    #expect(try run("ReduceMax", [:], [Tensor([Int8(-5), -7])])[0].elements(as: Int8.self) == [-5])
    #expect(
      try run("ReduceMax", [:], [Tensor([UInt8(5), 200])])[0].elements(as: UInt8.self) == [200])
    let truths = Tensor([false, true, false, false], shape: [2, 2])
    #expect(
      try run("ReduceMax", [:], [truths, Tensor([Int64(1)])])[0].elements(as: Bool.self)
        == [true, false])
    #expect(
      try run("ReduceMax", [:], [Tensor([Int32]()), Tensor([Int64(0)])])[0]
        .elements(as: Int32.self) == [.min])
    #expect(
      try run("ReduceSum", [:], [Tensor([Int32.max, 1])])[0].elements(as: Int32.self) == [.min])
  }

  @Test func notANumberWins() throws {
    for shape: Shape in [[1, 3], [3, 1]] {
      let x = Tensor([Float(1), .nan, 3], shape: shape)
      #expect(try run("ReduceMax", [:], [x])[0].numbers[0].isNaN)
    }
  }

  @Test func axesLeftOut() throws {
    let x = Tensor([1.0, 2, 3, 4], shape: [2, 2])
    let none = Tensor([Int64]())
    #expect(try run("ReduceSum", [:], [x])[0].numbers == [10])
    #expect(try run("ReduceSum", [:], [x, none])[0].numbers == [10])
    let keep: [String: AttributeValue] = ["noop_with_empty_axes": .integer(1)]
    #expect(try run("ReduceSum", keep, [x, none])[0].numbers == [1, 2, 3, 4])
    #expect(try run("ReduceMean", keep, [x])[0].numbers == [1, 2, 3, 4])
    #expect(try run("ReduceMax", [:], [Tensor(scalar: 3.0)])[0].numbers == [3])
  }

  /// A sum of float32 along a line is made in float64.
  @Test func longSumsAreExact() throws {
    let x = Tensor([Float](repeating: 0.1, count: 1_000_000))
    let sum = try run("ReduceSum", [:], [x])[0].numbers[0]
    #expect((sum - 1_000_000 * Double(Float(0.1))).magnitude < 0.01)
  }

  @Test func inference() throws {
    let flat: [String: AttributeValue] = ["keepdims": .integer(0)]
    #expect(try shape("ReduceMean", [:], [["N", 3, "H"]], constants: [1: [-1]]) == ["N", 3, 1])
    #expect(try shape("ReduceMean", flat, [["N", 3, "H"]], constants: [1: [1, 2]]) == ["N"])
    #expect(try shape("ReduceSum", flat, [["N", 3]]) == [])
    let unknown = [ValueFacts(.float32, ["N", 3]), ValueFacts(.int64, [1])]
    #expect(try infer("ReduceSum", [:], unknown)[0].shape == [.unknown, .unknown])
    #expect(try infer("ReduceSum", flat, unknown)[0].shape == nil)
    expectError(.badAttribute) { try shape("ReduceMax", [:], [[1, 2]], constants: [1: [2]]) }
    expectError(.badAttribute) { try shape("ReduceMax", [:], [[1, 2]], constants: [1: [1, -1]]) }
    expectError(.typeMismatch) { try infer("ReduceSum", [:], [ValueFacts(.int8, [1])]) }
    expectError(.badAttribute) { try makeOperator("ReduceSum", ["axes": .integers([1])]) }
  }
}

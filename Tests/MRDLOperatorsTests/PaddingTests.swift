import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct PaddingTests {
  /// The position that NumPy's `pad` would read along an axis, or nil for the constant.
  static func source(_ position: Int, _ extent: Int, _ mode: String) -> Int? {
    if (0..<extent).contains(position) { return position }
    switch mode {
    case "constant": return nil
    case "edge": return position < 0 ? 0 : extent - 1
    case "wrap":
      var position = position
      while position < 0 { position += extent }
      while position >= extent { position -= extent }
      return position
    default:
      if extent == 1 { return 0 }
      var position = position
      while !(0..<extent).contains(position) {
        position = position < 0 ? -position : 2 * (extent - 1) - position
      }
      return position
    }
  }

  static let cases: [(shape: [Int], pads: [Int])] = [
    ([5], [2, 3]), ([5], [0, 0]), ([1], [3, 2]), ([3], [7, 8]), ([2, 3], [1, 0, 0, 2]),
    ([2, 3, 4, 5], [0, 0, 1, 2, 0, 0, 2, 1]), ([2, 3, 4, 5], [0, 1, 0, 0, 1, 0, 0, 0]),
    ([6, 4], [-1, 2, -2, -1]), ([6, 4], [-3, 0, -3, 0]), ([9], [-2, 4]), ([], []),
    ([2, 1, 3, 2], [1, 1, 0, 0, 1, 1, 0, 0]),
  ]

  @Test(arguments: ["constant", "reflect", "edge", "wrap"], [ScalarType.int8, .float32, .float64])
  func againstDefinition(mode: String, type: ScalarType) throws {
    for (extents, pads) in Self.cases {
      let rank = extents.count
      let x = ReferenceArray(extents, (0..<extents.reduce(1, *)).map { Double($0 % 100 + 1) })
      // What negative counts cut off is gone before anything is repeated.
      let kept = (0..<rank).map { extents[$0] + min(pads[$0], 0) + min(pads[rank + $0], 0) }
      if mode != "constant" && kept.contains(0) { continue }
      let result = (0..<rank).map { extents[$0] + pads[$0] + pads[rank + $0] }
      for value in [nil, 9.0] {
        let expected = ReferenceArray(result) { index in
          var source: [Int] = []
          for axis in 0..<rank {
            let relative = index[axis] - max(pads[axis], 0)
            guard let position = Self.source(relative, kept[axis], mode) else { return value ?? 0 }
            source.append(position + max(-pads[axis], 0))
          }
          return x[source]
        }
        let found = try run(
          "Pad", ["mode": .string(mode)],
          [
            Tensor(x, type), Tensor(pads.map { Int64($0) }),
            value.map { Tensor(ReferenceArray([], [$0]), type) },
          ])
        expect(found[0], is: expected, "\(extents) \(pads) \(mode)")
      }
    }
  }

  @Test func someAxes() throws {
    let x = Tensor(ReferenceArray([1, 2, 2], [1, 2, 3, 4]), .float32)
    let found = try run(
      "Pad", [:], [x, Tensor([Int64(1), 0, 0, 1]), nil, Tensor([Int64(-1), 1])])
    expect(found[0], is: ReferenceArray([1, 3, 3], [0, 1, 2, 0, 3, 4, 0, 0, 0]))
  }

  @Test func emptyTensors() throws {
    let x = Tensor(zeros: [2, 0])
    let grown = try run("Pad", [:], [x, Tensor([Int64(0), 1, 0, 2]), Tensor(scalar: Float(3))])
    expect(grown[0], is: ReferenceArray([2, 3], [3, 3, 3, 3, 3, 3]))
    expectError(.shapeMismatch) {
      try run("Pad", ["mode": .string("edge")], [x, Tensor([Int64(0), 1, 0, 2])])
    }
  }

  @Test func inference() throws {
    let pads: [Int: [Int64]] = [1: [0, 0, 1, 1, 0, 0, 1, 1]]
    #expect(try shape("Pad", [:], [["N", 3, 5, "W"]], constants: pads) == ["N", 3, 7, .unknown])
    let unknown = try infer(
      "Pad", [:], [ValueFacts(.float32, ["N", 3]), ValueFacts(.int64, [4])])[0].shape
    #expect(unknown == [.unknown, .unknown])
    expectError(.shapeMismatch) { try shape("Pad", [:], [["N"]], constants: [1: [1]]) }
    expectError(.shapeMismatch) { try shape("Pad", [:], [[2]], constants: [1: [-1, -2]]) }
    expectError(.shapeMismatch) { try shape("Pad", [:], [[2]], constants: [1: [.max, .max]]) }
    expectError(.badAttribute) { try makeOperator("Pad", ["mode": .string("mirror")], inputs: 2) }
    expectError(.typeMismatch) {
      try infer(
        "Pad", [:],
        [
          ValueFacts(.float32, [2]), ValueFacts(constant: Tensor([Int64(0), 0])),
          ValueFacts(.float64, []),
        ])
    }
  }

  /// ONNX's own example: the middle of what is larger, zeros around what is smaller.
  @Test func centerCropPad() throws {
    let x = ReferenceArray([5, 3], (0..<15).map { Double($0 + 1) })
    let found = try run("CenterCropPad", [:], [Tensor(x, .float32), Tensor([Int64(2), 6])])
    let expected = ReferenceArray([2, 6]) { index in
      let column = index[1] - 1
      return (0..<3).contains(column) ? x[[index[0] + 1, column]] : 0
    }
    expect(found[0], is: expected)
    let one = try run(
      "CenterCropPad", ["axes": .integers([-1])], [Tensor(x, .int8), Tensor([Int64(1)])])
    expect(one[0], is: ReferenceArray([5, 1]) { x[[$0[0], 1]] })
    let axes: [String: AttributeValue] = ["axes": .integers([1, 2])]
    #expect(
      try shape("CenterCropPad", axes, [["N", "H", "W", 3]], constants: [1: [32, 16]])
        == ["N", 32, 16, 3])
    expectError(.shapeMismatch) { try shape("CenterCropPad", [:], [[2, 2]], constants: [1: [1]]) }
    expectError(.shapeMismatch) { try shape("CenterCropPad", [:], [[2]], constants: [1: [-1]]) }
  }
}

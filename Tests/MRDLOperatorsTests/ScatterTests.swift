import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Scattering, choosing and counting against plain loops.
struct ScatterTests {
  @Test(arguments: [false, true], [-1, 0]) func topKIsASort(largest: Bool, axis: Int) throws {
    var noise = Noise(5)
    let x = ReferenceArray([7, 9]) { _ in noise.number().rounded() }
    for k in [0, 1, 3, 7] {
      let outputs = try run(
        "TopK", ["axis": .integer(Int64(axis)), "largest": .integer(largest ? 1 : 0)],
        [Tensor(x, .float32), Tensor([Int64(k)])], outputs: 2)
      let (lines, length) = axis == 0 ? (9, 7) : (7, 9)
      for line in 0..<lines {
        func element(_ index: Int) -> Double { x[axis == 0 ? [index, line] : [line, index]] }
        let order = (0..<length).sorted {
          element($0) == element($1)
            ? $0 < $1 : largest ? element($0) > element($1) : element($0) < element($1)
        }
        for rank in 0..<k {
          let place = axis == 0 ? rank * 9 + line : line * k + rank
          #expect(outputs[1].elements(as: Int64.self)[place] == Int64(order[rank]))
          #expect(
            outputs[0].elements(as: Float.self)[place] == Float(element(order[rank])))
        }
      }
    }
  }

  @Test(arguments: ["none", "add", "mul", "max", "min"]) func scatterElements(
    reduction: String
  ) throws {
    let data: [Int32] = [5, 6, 7, 8]
    let found = try run(
      "ScatterElements", ["reduction": .string(reduction), "axis": .integer(0)],
      [Tensor(data), Tensor([Int64(1), -1, 1]), Tensor([Int32(2), 9, 10])])[0]
    let expected: [Int32] =
      switch reduction {
      case "add": [5, 18, 7, 17]
      case "mul": [5, 120, 7, 72]
      case "max": [5, 10, 7, 9]
      case "min": [5, 2, 7, 8]
      default: [5, 10, 7, 9]
      }
    #expect(found.elements(as: Int32.self) == expected)
  }

  @Test func indicesOutOfRangeAreRefused() {
    let data = Tensor([Float(1), 2, 3])
    for (name, inputs) in [
      ("GatherElements", [data, Tensor([Int64(3)])]),
      ("GatherND", [data, Tensor([Int64(-4)], shape: [1, 1])]),
      ("ScatterElements", [data, Tensor([Int64(7)]), Tensor([Float(0)])]),
      ("ScatterND", [data, Tensor([Int64(3)], shape: [1, 1]), Tensor([Float(0)])]),
    ] {
      expectError(.operatorFailed) { try run(name, [:], inputs) }
    }
  }

  @Test func uniqueInOrderOfSizeAndOfMeeting() throws {
    let x = Tensor([Float(2), 1, 1, 3, 4, 3])
    let sorted = try run("Unique", [:], [x], outputs: 4)
    #expect(sorted[0].elements(as: Float.self) == [1, 2, 3, 4])
    #expect(sorted[1].elements(as: Int64.self) == [1, 0, 3, 4])
    #expect(sorted[2].elements(as: Int64.self) == [1, 0, 0, 2, 3, 2])
    #expect(sorted[3].elements(as: Int64.self) == [2, 1, 2, 1])
    let met = try run("Unique", ["sorted": .integer(0)], [x], outputs: 4)
    #expect(met[0].elements(as: Float.self) == [2, 1, 3, 4])
    #expect(met[2].elements(as: Int64.self) == [0, 1, 1, 2, 3, 2])
  }

  @Test func uniqueKnowsNarrowNumbers() throws {
    let numbers: [Float] = [2, -1, .nan, -1, 2.5]
    let half = try run("Unique", [:], [Tensor(numbers.map { Half($0) })], outputs: 4)
    #expect(half[0].elements(as: Half.self).prefix(3).map(\.float) == [-1, 2, 2.5])
    let narrow = try run("Unique", [:], [Tensor(numbers.map { BFloat16($0) })], outputs: 4)
    #expect(narrow[0].elements(as: BFloat16.self).prefix(3).map(\.float) == [-1, 2, 2.5])
    for found in [half, narrow] {
      #expect(found[0].elementCount == 4)
      #expect(found[2].elements(as: Int64.self) == [1, 0, 3, 0, 2])
      #expect(found[3].elements(as: Int64.self) == [2, 1, 1, 1])
    }
  }

  @Test func boxesThatOverlapABetterOneGo() throws {
    let boxes = Tensor(
      [Float(0), 0, 1, 1, 0, 0.1, 1, 1.1, 0, 10, 1, 11, 0, 10.1, 1, 11.1], shape: [1, 4, 4])
    let scores = Tensor([Float(0.9), 0.75, 0.95, 0.3], shape: [1, 1, 4])
    let rows = try run(
      "NonMaxSuppression", [:],
      [
        boxes, scores, Tensor([Int64(3)]), Tensor([Float(0.5)]), Tensor([Float(0.2)]),
      ])[0]
    #expect(rows.shape == [2, 3])
    #expect(rows.elements(as: Int64.self) == [0, 0, 2, 0, 0, 0])
  }

  /// ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ for every window.
  @Test(arguments: [1, 2], [1, 2]) func transposedConvolutionIsTheAdjoint(
    stride: Int, group: Int
  ) throws {
    var noise = Noise(9)
    for (dilation, pads) in [(1, [0, 0, 0, 0]), (2, [1, 0, 2, 1]), (1, [2, 2, 2, 2])] {
      let attributes: [String: AttributeValue] = [
        "strides": .integers([Int64(stride), 1]), "dilations": .integers([1, Int64(dilation)]),
        "pads": .integers(pads.map { Int64($0) }), "group": .integer(Int64(group)),
      ]
      let x = noise.array([2, 4, 9, 8])
      let w = noise.array([6, 4 / group, 3, 2])
      let y = try run("Conv", attributes, [Tensor(x, .float64), Tensor(w, .float64)])[0]
      let cotangent = noise.array(y.shape.dimensions)
      var back = attributes
      // Rows that no window reaches come back through output_padding.
      let rest = (9 + pads[0] + pads[2] - 3) % stride
      back["output_padding"] = .integers([Int64(rest), 0])
      let z = try run(
        "ConvTranspose", back, [Tensor(cotangent, .float64), Tensor(w, .float64)])[0]
      #expect(z.shape == [2, 4, 9, 8])
      let left = zip(
        y.elements(as: Double.self), Tensor(cotangent, .float64).elements(as: Double.self)
      )
      .reduce(0.0) { $0 + $1.0 * $1.1 }
      let right = zip(z.elements(as: Double.self), Tensor(x, .float64).elements(as: Double.self))
        .reduce(0.0) { $0 + $1.0 * $1.1 }
      #expect(abs(left - right) < 1e-9 * max(1, abs(left)))
    }
  }

  @Test(arguments: realTypes) func rowsAreNormalised(type: ScalarType) throws {
    var noise = Noise(11)
    let x = noise.array([3, 4, 5])
    let scale = noise.array([4, 5])
    let bias = noise.array([5])
    let found = try run(
      "LayerNormalization", ["axis": .integer(1)],
      [Tensor(x, type), Tensor(scale, type), Tensor(bias, type)])[0]
    let expected = ReferenceArray([3, 4, 5]) { index in
      let row = (0..<20).map { x[[index[0], $0 / 5, $0 % 5]] }
      let mean = row.reduce(0, +) / 20
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20
      return (x[index] - mean) / (variance + 1e-5).squareRoot() * scale[[index[1], index[2]]]
        + bias[[index[2]]]
    }
    expect(found, is: expected, "LayerNormalization")
  }
}

import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Attention and its relatives against their definitions, number by number.
struct AttentionTests {
  /// What one case asks for.
  struct Case: Sendable, CustomTestStringConvertible {
    var name = ""
    var heads = 2
    var keyHeads = 2
    var querySteps = 3
    var keySteps = 4
    var pastSteps = 0
    var isCausal = false
    var left = -1
    var right = -1
    var softcap = 0.0
    var scale: Double?
    /// The shape of the mask, and whether it is one of truth values.
    var mask: [Int]?
    var isFlags = false
    var counts: [Int64]?

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "plain"), Case(name: "shared heads", heads: 4, keyHeads: 2),
    Case(name: "one step", querySteps: 1, keySteps: 1),
    Case(name: "causal", querySteps: 4, isCausal: true),
    Case(name: "causal with a past", pastSteps: 2, isCausal: true),
    Case(name: "windows", querySteps: 5, keySteps: 5, left: 1, right: 0),
    Case(name: "windows with a past", pastSteps: 3, left: 2, right: 1),
    Case(name: "capped and scaled", softcap: 0.7, scale: 0.3),
    Case(name: "numbers for each head", mask: [2, 3, 4]),
    Case(name: "numbers for each sample", mask: [2, 1, 3, 4]),
    Case(name: "a shorter mask", mask: [3, 3]),
    Case(name: "truth values", mask: [1, 1, 3, 4], isFlags: true),
    Case(name: "truth values for each key", mask: [4], isFlags: true),
    Case(name: "counted keys", counts: [2, 4]),
    Case(name: "counted keys, causal", isCausal: true, counts: [2, 4]),
    Case(
      name: "everything", heads: 4, keyHeads: 2, isCausal: true, left: 2, softcap: 2,
      mask: [3, 4], counts: [3, 4]),
  ]

  private static let (batch, size, valueSize) = (2, 3, 5)

  /// softmax(scale · Q·Kᵀ + bias)·V; a row to which all is hidden is zero.
  private static func reference(
    _ c: Case, q: ReferenceArray, k: ReferenceArray, v: ReferenceArray, mask: ReferenceArray?
  ) -> (y: ReferenceArray, probabilities: ReferenceArray) {
    let total = c.pastSteps + c.keySteps
    let group = c.heads / c.keyHeads
    let probabilities = ReferenceArray([batch, c.heads, c.querySteps, total]) { _ in 0 }
    var table = probabilities
    for n in 0..<batch {
      for h in 0..<c.heads {
        for i in 0..<c.querySteps {
          let offset = c.counts.map { Int($0[n]) - c.querySteps } ?? c.pastSteps
          var scores = [Double](repeating: -.infinity, count: total)
          for j in 0..<total {
            let place = i + offset
            if c.isCausal && j > place { continue }
            if c.left >= 0 && j < place - c.left { continue }
            if c.right >= 0 && j > place + c.right { continue }
            if let counts = c.counts, j >= Int(counts[n]) { continue }
            var score = (0..<size).reduce(0) { $0 + q[[n, h, i, $1]] * k[[n, h / group, j, $1]] }
            score *= c.scale ?? 1 / Double(size).squareRoot()
            if c.softcap > 0 { score = c.softcap * hyperbolicTangent(score / c.softcap) }
            if let mask {
              if mask.shape.last.map({ j >= $0 && $0 > 1 }) ?? false { continue }
              let bias = mask.broadcast([n, h, i, j])
              if c.isFlags { if bias == 0 { continue } } else { score += bias }
            }
            scores[j] = score
          }
          let top = scores.max() ?? -.infinity
          guard top > -.infinity else { continue }
          let powers = scores.map { exponential($0 - top) }
          let sum = powers.reduce(0, +)
          for j in 0..<total {
            table.values[((n * c.heads + h) * c.querySteps + i) * total + j] = powers[j] / sum
          }
        }
      }
    }
    let y = ReferenceArray([batch, c.heads, c.querySteps, valueSize]) { index in
      (0..<total).reduce(0) { sum, j in
        sum + table[[index[0], index[1], index[2], j]]
          * v[[index[0], index[1] / group, j, index[3]]]
      }
    }
    return (y, table)
  }

  /// [N, heads, steps, size] as [N, steps, heads · size].
  private static func packed(_ x: ReferenceArray) -> ReferenceArray {
    let (heads, size) = (x.shape[1], x.shape[3])
    return ReferenceArray([x.shape[0], x.shape[2], heads * size]) { index in
      x[[index[0], index[2] / size, index[1], index[2] % size]]
    }
  }

  @Test(arguments: cases, [false, true])
  func attention(_ c: Case, isPacked: Bool) throws {
    var noise = Noise(7)
    let total = c.pastSteps + c.keySteps
    let q = noise.array([Self.batch, c.heads, c.querySteps, Self.size])
    let k = noise.array([Self.batch, c.keyHeads, total, Self.size])
    let v = noise.array([Self.batch, c.keyHeads, total, Self.valueSize])
    var mask = c.mask.map { noise.array($0) }
    if c.isFlags, let given = mask {
      mask = ReferenceArray(given.shape, given.values.map { $0 > -0.5 ? 1 : 0 })
    }
    func steps(_ x: ReferenceArray, _ range: Range<Int>) -> ReferenceArray {
      ReferenceArray([x.shape[0], x.shape[1], range.count, x.shape[3]]) { index in
        x[[index[0], index[1], range.lowerBound + index[2], index[3]]]
      }
    }
    func given(_ x: ReferenceArray) -> Tensor {
      Tensor(isPacked ? Self.packed(x) : x, .float64)
    }
    var attributes: [String: AttributeValue] = [
      "is_causal": .integer(c.isCausal ? 1 : 0), "softcap": .float(c.softcap),
      "left_window_size": .integer(Int64(c.left)), "right_window_size": .integer(Int64(c.right)),
      "qk_matmul_output_mode": .integer(3),
    ]
    if let scale = c.scale { attributes["scale"] = .float(scale) }
    if isPacked {
      attributes["q_num_heads"] = .integer(Int64(c.heads))
      attributes["kv_num_heads"] = .integer(Int64(c.keyHeads))
    }
    let hasPast = c.pastSteps > 0
    let inputs: [Tensor?] = [
      given(q), given(steps(k, c.pastSteps..<total)), given(steps(v, c.pastSteps..<total)),
      mask.map { Tensor($0, c.isFlags ? .bool : .float64) },
      hasPast ? Tensor(steps(k, 0..<c.pastSteps), .float64) : nil,
      hasPast ? Tensor(steps(v, 0..<c.pastSteps), .float64) : nil, c.counts.map { Tensor($0) },
    ]
    let found = try run("Attention", attributes, inputs, outputs: 4)
    let expected = Self.reference(c, q: q, k: k, v: v, mask: mask)
    expect(found[0], is: isPacked ? Self.packed(expected.y) : expected.y, "Y")
    expect(found[1], is: k, tolerance: 0, "present_key")
    expect(found[2], is: v, tolerance: 0, "present_value")
    expect(found[3], is: expected.probabilities, "probabilities")
  }

  @Test func attentionRefusesWhatDoesNotFit() throws {
    func facts(_ shapes: [SymbolicShape]) -> [ValueFacts?] {
      shapes.map { ValueFacts(.float32, $0) }
    }
    for shapes: [SymbolicShape] in [
      [[1, 3, 2, 4], [1, 2, 2, 4], [1, 2, 2, 4]], [[1, 2, 2, 4], [1, 2, 2, 5], [1, 2, 2, 4]],
      [[1, 2, 2, 4], [1, 2, 3, 4], [1, 2, 2, 4]], [[1, 2, 4], [1, 2, 4], [1, 2, 4]],
      [[1, 2, 2, 4], [1, 2, 4], [1, 2, 2, 4]],
    ] {
      #expect(throws: MRDLError.self) { try infer("Attention", [:], facts(shapes)) }
    }
  }

  @Test(arguments: [false, true], [false, true])
  func rotaryEmbedding(isInterleaved: Bool, hasPositions: Bool) throws {
    var noise = Noise(5)
    let (heads, steps, size, turned) = (2, 3, 6, 4)
    let x = noise.array([2, heads, steps, size])
    let cosines = noise.array(hasPositions ? [7, 2] : [2, steps, 2])
    let sines = noise.array(hasPositions ? [7, 2] : [2, steps, 2])
    let positions: [Int64] = [6, 0, 3, 1, 1, 5]
    func angle(_ table: ReferenceArray, _ n: Int, _ step: Int, _ pair: Int) -> Double {
      hasPositions
        ? table[[Int(positions[n * steps + step]), pair]] : table[[n, step, pair]]
    }
    let expected = ReferenceArray(x.shape) { index in
      let (n, h, t, place) = (index[0], index[1], index[2], index[3])
      guard place < turned else { return x[index] }
      let (pair, isSecond) =
        isInterleaved
        ? (place / 2, place % 2 == 1) : (place % (turned / 2), place >= turned / 2)
      let (first, second) =
        isInterleaved ? (2 * pair, 2 * pair + 1) : (pair, pair + turned / 2)
      let (a, b) = (x[[n, h, t, first]], x[[n, h, t, second]])
      let (c, s) = (angle(cosines, n, t, pair), angle(sines, n, t, pair))
      return isSecond ? s * a + c * b : c * a - s * b
    }
    var inputs: [Tensor?] = [
      Tensor(x, .float64), Tensor(cosines, .float64), Tensor(sines, .float64),
    ]
    if hasPositions { inputs.append(Tensor(positions, shape: [2, 3])) }
    let attributes: [String: AttributeValue] = [
      "interleaved": .integer(isInterleaved ? 1 : 0),
      "rotary_embedding_dim": .integer(Int64(turned)),
    ]
    expect(try run("RotaryEmbedding", attributes, inputs)[0], is: expected)
    inputs[0] = Tensor(Self.packed(x), .float64)
    var packed = attributes
    packed["num_heads"] = .integer(Int64(heads))
    expect(try run("RotaryEmbedding", packed, inputs)[0], is: Self.packed(expected))
  }

  @Test func positionsOutsideTheTables() throws {
    let x = Tensor([Double](repeating: 1, count: 2), shape: [1, 1, 1, 2])
    let table = Tensor([1.0, 1, 1], shape: [3, 1])
    for position: Int64 in [-1, 3] {
      #expect(throws: MRDLError.self) {
        try run("RotaryEmbedding", [:], [x, table, table, Tensor([position], shape: [1, 1])])
      }
    }
  }

  @Test(arguments: ["linear", "gated", "delta", "gated_delta"])
  func linearAttention(rule: String) throws {
    var noise = Noise(9)
    let (heads, keyHeads, steps, size, valueSize) = (4, 2, 3, 2, 3)
    let q = noise.array([1, steps, heads * size])
    let k = noise.array([1, steps, keyHeads * size])
    let v = noise.array([1, steps, keyHeads * valueSize])
    let past = noise.array([1, keyHeads, size, valueSize])
    let decay = noise.array([1, steps, keyHeads])
    let beta = noise.array([1, steps, keyHeads])
    var state = past
    var y = ReferenceArray([1, steps, heads * valueSize]) { _ in 0 }
    for step in 0..<steps {
      for head in 0..<keyHeads {
        func at(_ i: Int, _ j: Int) -> Int { (head * size + i) * valueSize + j }
        for j in 0..<valueSize {
          for i in 0..<size where rule.hasPrefix("gated") {
            state.values[at(i, j)] *= exponential(decay[[0, step, head]])
          }
          var value = v[[0, step, head * valueSize + j]]
          if rule.hasSuffix("delta") {
            let known = (0..<size).reduce(0) {
              $0 + state.values[at($1, j)] * k[[0, step, head * size + $1]]
            }
            value = beta[[0, step, head]] * (value - known)
          }
          for i in 0..<size { state.values[at(i, j)] += k[[0, step, head * size + i]] * value }
        }
        for member in 0..<2 {
          for j in 0..<valueSize {
            let query = head * 2 + member
            y.values[(step * heads + query) * valueSize + j] = (0..<size).reduce(0) {
              $0 + 0.5 * q[[0, step, query * size + $1]] * state.values[at($1, j)]
            }
          }
        }
      }
    }
    let found = try run(
      "LinearAttention",
      [
        "update_rule": .string(rule), "q_num_heads": .integer(4), "kv_num_heads": .integer(2),
        "scale": .float(0.5),
      ],
      [
        Tensor(q, .float64), Tensor(k, .float64), Tensor(v, .float64), Tensor(past, .float64),
        rule.hasPrefix("gated") ? Tensor(decay, .float64) : nil,
        rule.hasSuffix("delta") ? Tensor(beta, .float64) : nil,
      ], outputs: 2)
    expect(found[0], is: y, "y")
    expect(found[1], is: state, "state")
  }

  /// In pieces, the state carried from one to the next, the same as in one.
  @Test func causalConvolutionInPieces() throws {
    var noise = Noise(4)
    let x = noise.array([2, 3, 7])
    let w = noise.array([3, 1, 4])
    let b = noise.array([3])
    let expected = ReferenceArray([2, 3, 7]) { index in
      let sum = (0..<4).reduce(b[[index[1]]]) { sum, tap in
        let place = index[2] - 3 + tap
        return place < 0 ? sum : sum + w[[index[1], 0, tap]] * x[[index[0], index[1], place]]
      }
      return sum / (1 + exponential(-sum))
    }
    func piece(_ range: Range<Int>) -> Tensor {
      Tensor(
        ReferenceArray([2, 3, range.count]) { x[[$0[0], $0[1], range.lowerBound + $0[2]]] },
        .float64)
    }
    let options: [String: AttributeValue] = ["activation": .string("silu")]
    let weights: [Tensor?] = [Tensor(w, .float64), Tensor(b, .float64)]
    expect(
      try run("CausalConvWithState", options, [Tensor(x, .float64)] + weights, outputs: 2)[0],
      is: expected)
    var (state, parts): (Tensor?, [[Double]]) = (nil, [])
    for range in [0..<2, 2..<3, 3..<7] {
      let results = try run(
        "CausalConvWithState", options, [piece(range)] + weights + [state], outputs: 2)
      parts.append(results[0].elements(as: Double.self))
      state = results[1]
    }
    for line in 0..<6 {
      let joined =
        Array(parts[0][(line * 2)..<(line * 2 + 2)]) + [parts[1][line]]
        + Array(parts[2][(line * 4)..<(line * 4 + 4)])
      for (found, wanted) in zip(joined, expected.values[(line * 7)..<(line * 7 + 7)]) {
        #expect(abs(found - wanted) < 1e-12)
      }
    }
  }

  /// Every element comes back as often as blocks hold it.
  @Test(arguments: [[1, 1, 1, 1], [2, 3, 1, 1], [1, 2, 2, 1]], [[0, 0, 0, 0], [1, 0, 2, 1]])
  func blocksOfAnImage(steps: [Int], pads: [Int]) throws {
    var noise = Noise(6)
    let (strides, dilations) = (Array(steps[..<2]), Array(steps[2...]))
    let (image, block) = ([5, 6], [2, 3])
    let counts = (0..<2).map { (axis: Int) -> Int in
      let span = (block[axis] - 1) * dilations[axis] + 1
      return (image[axis] + pads[axis] + pads[2 + axis] - span) / strides[axis] + 1
    }
    let x = noise.array([2, 3 * 6, counts[0] * counts[1]])
    var expected = ReferenceArray([2, 3] + image) { _ in 0 }
    for index in ReferenceArray.indices(x.shape) {
      let (channel, tap) = (index[1] / 6, index[1] % 6)
      let (down, across) = (index[2] / counts[1], index[2] % counts[1])
      let row = down * strides[0] - pads[0] + tap / 3 * dilations[0]
      let column = across * strides[1] - pads[1] + tap % 3 * dilations[1]
      guard (0..<5).contains(row), (0..<6).contains(column) else { continue }
      let plane = index[0] * 3 + channel
      expected.values[(plane * 5 + row) * 6 + column] += x[index]
    }
    func attribute(_ values: [Int]) -> AttributeValue { .integers(values.map { Int64($0) }) }
    let found = try run(
      "Col2Im",
      [
        "strides": attribute(strides), "pads": attribute(pads), "dilations": attribute(dilations),
      ], [Tensor(x, .float64), Tensor([Int64(5), 6]), Tensor([Int64(2), 3])])
    expect(found[0], is: expected)
  }

  @Test(arguments: [1, 2, 3]) func norms(power: Int) throws {
    var noise = Noise(8)
    let x = noise.array([2, 3, 5, 4])
    func norm(_ values: [Double]) -> Double {
      let sum = values.reduce(0) { total, value in
        total + (0..<power).reduce(1) { product, _ in product * abs(value) }
      }
      return MRDLCore.power(sum, 1 / Double(power))
    }
    let expected = ReferenceArray([2, 3, 3, 2]) { index in
      var seen: [Double] = []
      for row in 0..<2 {
        for column in 0..<3 {
          let place = [index[2] * 2 + row - 1, index[3] * 2 + column]
          guard (0..<5).contains(place[0]), (0..<4).contains(place[1]) else { continue }
          seen.append(x[[index[0], index[1]] + place])
        }
      }
      return norm(seen)
    }
    let options: [String: AttributeValue] = [
      "kernel_shape": .integers([2, 3]), "strides": .integers([2, 2]),
      "pads": .integers([1, 0, 0, 1]), "p": .integer(Int64(power)),
    ]
    expect(try run("LpPool", options, [Tensor(x, .float64)])[0], is: expected, tolerance: 1e-12)
    let global = ReferenceArray([2, 3, 1, 1]) { index in
      norm(ReferenceArray.indices([5, 4]).map { x[[index[0], index[1]] + $0] })
    }
    expect(
      try run("GlobalLpPool", ["p": .integer(Int64(power))], [Tensor(x, .float64)])[0], is: global,
      tolerance: 1e-12)
  }

  /// Sampling at the points of the map that changes nothing gives the picture itself.
  @Test(arguments: [false, true]) func gridsThatChangeNothing(alignsCorners: Bool) throws {
    var noise = Noise(2)
    let flag: [String: AttributeValue] = ["align_corners": .integer(alignsCorners ? 1 : 0)]
    let x = noise.array([2, 1, 4, 5])
    let theta = ReferenceArray([2, 2, 3]) { $0[1] == $0[2] ? 1 : 0 }
    let grid = try run(
      "AffineGrid", flag, [Tensor(theta, .float64), Tensor([Int64(2), 1, 4, 5])])[0]
    expect(
      try run("GridSample", flag, [Tensor(x, .float64), grid])[0], is: x, tolerance: 1e-12)
    let volume = noise.array([1, 2, 3, 4, 5])
    let spatial = ReferenceArray([1, 3, 4]) { $0[1] == $0[2] ? 1 : 0 }
    let points = try run(
      "AffineGrid", flag, [Tensor(spatial, .float64), Tensor([Int64(1), 2, 3, 4, 5])])[0]
    expect(
      try run("GridSample", flag, [Tensor(volume, .float64), points])[0], is: volume,
      tolerance: 1e-12)
  }
}

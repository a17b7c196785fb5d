import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLTraining
import Testing

/// Fourier transforms, determinants, regions, different elements and attention by a state against central differences.
@Suite struct SignalGradientTests {
  private static func scalar(_ number: Int) -> Tensor {
    Tensor([Int64(number)], shape: .scalar)
  }

  // MARK: Fourier transforms

  private static func transform(
    _ shape: Shape, _ output: Shape, length: Int? = nil, axis: Int? = nil, isInverse: Bool = false,
    isOneSided: Bool = false
  ) -> GradientCase {
    var constants: [(input: Int, value: Tensor)] = []
    if let length { constants.append((1, scalar(length))) }
    if let axis { constants.append((2, scalar(axis))) }
    return GradientCase(
      name: "DFT", shapes: [(0, shape)],
      attributes: [
        "inverse": .integer(isInverse ? 1 : 0), "onesided": .integer(isOneSided ? 1 : 0),
      ], constants: constants, output: output)
  }

  static let transforms: [GradientCase] = {
    var cases: [GradientCase] = []
    for isInverse in [false, true] {
      cases += [
        transform([2, 5, 1], [2, 5, 2], isInverse: isInverse),
        transform([2, 8, 2], [2, 8, 2], isInverse: isInverse),
        transform([2, 6, 2], [2, 4, 2], length: 4, isInverse: isInverse),
        transform([2, 3, 1], [2, 7, 2], length: 7, isInverse: isInverse),
        transform([2, 3, 4, 2], [2, 3, 4, 2], axis: 1, isInverse: isInverse),
        transform([3, 2, 2, 1], [5, 2, 2, 2], length: 5, axis: -4, isInverse: isInverse),
        transform([1, 1], [1, 2], isInverse: isInverse),
      ]
    }
    for length in [nil, 3, 4, 6, 7, 10] as [Int?] {
      cases.append(
        transform([2, 6, 1], [2, (length ?? 6) / 2 + 1, 2], length: length, isOneSided: true))
      for width in [1, 2] {
        cases.append(
          transform(
            [2, 4, width], [2, length ?? 6, 1], length: length, isInverse: true,
            isOneSided: true))
      }
    }
    return cases
  }()

  @Test(arguments: transforms) func transformsAgree(_ c: GradientCase) throws {
    try c.expectAgreement()
  }

  static let frames: [GradientCase] = {
    var cases: [GradientCase] = []
    for (shape, isOneSided) in [
      ([2, 10, 1], true), ([2, 10], true), ([2, 10, 1], false), ([2, 10, 2], false),
    ] as [(Shape, Bool)] {
      for size in [4, 5] {
        for step in [2, 3, 6] {
          let output = Shape([2, (10 - size) / step + 1, isOneSided ? size / 2 + 1 : size, 2])
          for (isWindowed, isSized) in [(true, false), (false, true), (true, true)] {
            var c = GradientCase(
              name: "STFT", shapes: [(0, shape)],
              attributes: ["onesided": .integer(isOneSided ? 1 : 0)],
              constants: [(1, scalar(step))], output: output)
            if isWindowed { c.shapes.append((2, [size])) }
            if isSized { c.constants.append((3, scalar(size))) }
            cases.append(c)
          }
        }
      }
    }
    // The window alone.
    cases.append(
      GradientCase(
        name: "STFT", shapes: [(2, [4])],
        constants: [(0, GradientCheck.numbers([1, 9, 1], seed: 5)), (1, scalar(2))],
        output: [1, 3, 3, 2]))
    return cases
  }()

  @Test(arguments: frames) func framesAgree(_ c: GradientCase) throws { try c.expectAgreement() }

  // MARK: Determinants

  @Test(arguments: [[1, 1], [2, 2], [2, 4, 4], [2, 1, 5, 5], [7, 7]] as [Shape])
  func determinantsAgree(_ shape: Shape) throws {
    try GradientCase(
      name: "Det", shapes: [(0, shape)], output: Shape(Array(shape.dimensions.dropLast(2)))
    ).expectAgreement()
  }

  /// Matrices without an inverse have cofactors, which are zero below rank M − 1; others ask for permutations.
  @Test(arguments: [
    [1, 2, 3, 2, 4, 6, 1, 0, 1], [1, 2, 3, 2, 4, 6, 3, 6, 9], [0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 2, 3, 0, 0, 0, 4, 0], [0, 1, 0, 0, 0, 1, 0, 0, 0], [0], [0, 0, 0, 3], [1, 2, 2, 4],
    [1e-9, 1, 1, 1],
  ])
  func cofactorsOfAnyMatrix(_ numbers: [Double]) throws {
    let size = numbers.count == 9 ? 3 : numbers.count == 4 ? 2 : 1
    let check = GradientCheck(
      inputs: [("x", Tensor(numbers, shape: [size, size]))],
      nodes: [Node("Det", inputs: ["x"], outputs: ["y"])], output: "y")
    #expect(try check.largestRelativeError(outputShape: []) < 1e-6)
  }

  // MARK: Regions

  @Test(arguments: [1.0, 0.5], [[1, 1], [2, 3], [4, 4]])
  func regionsAgree(_ scale: Double, pooled: [Int]) throws {
    let regions: [Double] = [
      0, 0, 0, 3, 3,
      1, 1.4, 2, 6, 5,
      1, 5, 5, 5, 5,
      // It overlaps another, and one lies outside.
      0, -2, 1, 4, 9,
      0, 30, 30, 32, 32,
    ]
    try GradientCase(
      name: "MaxRoiPool", shapes: [(0, [2, 2, 6, 7])],
      attributes: [
        "pooled_shape": .integers(pooled.map { Int64($0) }), "spatial_scale": .float(scale),
      ], constants: [(1, Tensor(regions, shape: [5, 5]))],
      output: Shape([5, 2] + pooled), isDistinct: true
    ).expectAgreement()
  }

  // MARK: Different elements

  /// Like elements come from one parameter, so that a change leaves them alike.
  @Test(arguments: [0, 1])
  func likeElementsShareTheResidual(_ isSorted: Int64) throws {
    for (shape, output, axis) in [
      ([3], [3], nil), ([3], [3], 0), ([3], [3], -1), ([3, 2], [3, 2], 0), ([2, 3], [2, 3], -1),
      ([2, 3, 2], [2, 3, 2], 1), ([2, 3, 2], [12], nil),
    ] as [(Shape, Shape, Int64?)] {
      var attributes: [String: AttributeValue] = ["sorted": .integer(isSorted)]
      if let axis { attributes["axis"] = .integer(axis) }
      let along = axis ?? (shape.rank == 3 ? 1 : 0)
      let check = GradientCheck(
        inputs: [("x", GradientCheck.distinct(shape, seed: 3))],
        nodes: [
          Node(
            "Gather", inputs: ["x", "places"], outputs: ["repeated"],
            attributes: ["axis": .integer(along)]),
          Node("Unique", inputs: ["repeated"], outputs: ["y"], attributes: attributes),
        ], output: "y", constants: [("places", Tensor([Int64(0), 1, 0, 2, 1, 0]))])
      #expect(try check.largestRelativeError(outputShape: output) < 1e-6, "\(shape), \(along)")
    }
  }

  // MARK: Attention by a state

  static let attention: [GradientCase] = {
    var cases: [GradientCase] = []
    for (rule, decays, corrects) in [
      ("linear", false, false), ("gated", true, false), ("delta", false, true),
      ("gated_delta", true, true),
    ] {
      for (queryHeads, heads) in [(1, 1), (2, 2), (4, 2)] {
        for (index, hasPast) in [(0, false), (0, true), (1, true)] {
          for isShared in [false, true] where decays || corrects || !isShared {
            var c = GradientCase(
              name: "LinearAttention",
              shapes: [
                (0, [2, 3, queryHeads * 2]), (1, [2, 3, heads * 2]), (2, [2, 3, heads * 3]),
              ],
              attributes: [
                "update_rule": .string(rule), "q_num_heads": .integer(Int64(queryHeads)),
                "kv_num_heads": .integer(Int64(heads)),
                "scale": .float(isShared ? 0 : 0.7),
              ],
              output: index == 0 ? [2, 3, queryHeads * 3] : [2, heads, 2, 3], outputIndex: index)
            if hasPast { c.shapes.append((3, [2, heads, 2, 3])) }
            if decays { c.shapes.append((4, [2, 3, isShared ? heads : heads * 2])) }
            if corrects { c.shapes.append((5, [2, 3, isShared ? 1 : heads])) }
            cases.append(c)
          }
        }
      }
    }
    return cases
  }()

  @Test(arguments: attention) func attentionAgrees(_ c: GradientCase) throws {
    try c.expectAgreement()
  }
}

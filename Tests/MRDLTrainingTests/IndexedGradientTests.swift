import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLTraining
import Testing

/// Sums by an equation, resampling, products along a line, and elements that move by data, against central
/// differences.
@Suite struct IndexedGradientTests {
  static func whole(_ numbers: [Int], _ shape: Shape? = nil) -> Tensor {
    Tensor(numbers.map { Int64($0) }, shape: shape ?? [numbers.count])
  }

  // MARK: Einsum

  static let equations: [(String, [Shape], Shape)] = [
    ("ij,jk->ik", [[2, 3], [3, 4]], [2, 4]), ("ij,jk", [[2, 3], [3, 4]], [2, 4]),
    ("bij,bkj->bik", [[2, 2, 3], [2, 4, 3]], [2, 2, 4]), ("i,j->ij", [[3], [2]], [3, 2]),
    ("ij->", [[2, 3]], []), ("ij->j", [[2, 3]], [3]), ("ba", [[2, 3]], [3, 2]),
    ("ij,kj,k->i", [[2, 3], [4, 3], [4]], [2]), ("ij,k->i", [[2, 3], [4]], [2]),
    ("ii->i", [[3, 3]], [3]), ("iij,j->i", [[2, 2, 3], [3]], [2]), ("ii", [[3, 3]], []),
    ("...ij,...jk->...ik", [[2, 2, 3], [3, 4]], [2, 2, 4]),
    ("...i,i", [[2, 3, 4], [4]], [2, 3]), ("ij,ij->ij", [[2, 3], [1, 3]], [2, 3]),
    ("ij,ij->i", [[2, 1], [2, 3]], [2]),
  ]

  @Test(arguments: equations) func einsum(
    equation: String, shapes: [Shape], output: Shape
  ) throws {
    try GradientCase(
      name: "Einsum", shapes: shapes.enumerated().map { ($0.offset, $0.element) },
      attributes: ["equation": .string(equation)], output: output
    ).expectAgreement()
  }

  // MARK: Resize

  static let resizes: [GradientCase] = {
    var cases: [GradientCase] = []
    for mode in ["nearest", "linear", "cubic"] {
      for coordinates in ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"] {
        for size in [[5, 6], [2, 3], [3, 9]] {
          cases.append(
            GradientCase(
              name: "Resize", shapes: [(0, [2, 2, 3, 4])],
              attributes: [
                "mode": .string(mode), "coordinate_transformation_mode": .string(coordinates),
              ], constants: [(3, whole([2, 2] + size))], output: Shape([2, 2] + size)))
        }
      }
    }
    cases.append(
      GradientCase(
        name: "Resize", shapes: [(0, [1, 2, 6, 5])],
        attributes: ["mode": .string("linear"), "antialias": .integer(1)],
        constants: [(2, Tensor([Float(1), 1, 0.5, 0.6], shape: [4]))], output: [1, 2, 3, 3]))
    cases.append(
      GradientCase(
        name: "Resize", shapes: [(0, [1, 6, 5])],
        attributes: [
          "mode": .string("cubic"), "antialias": .integer(1), "exclude_outside": .integer(1),
          "cubic_coeff_a": .float(-0.5), "axes": .integers([1]),
        ], constants: [(2, Tensor([Float(0.4)], shape: [1]))], output: [1, 2, 5]))
    return cases
  }()

  @Test(arguments: resizes) func resizeAgree(_ c: GradientCase) throws { try c.expectAgreement() }

  // MARK: Samples at points

  static let samples: [GradientCase] = {
    var cases: [GradientCase] = []
    for padding in ["zeros", "border", "reflection"] {
      for mode in ["linear", "cubic"] {
        for aligns in [Int64(0), 1] {
          cases.append(
            GradientCase(
              name: "GridSample", shapes: [(0, [2, 2, 4, 3]), (1, [2, 2, 3, 2])],
              attributes: [
                "mode": .string(mode), "padding_mode": .string(padding),
                "align_corners": .integer(aligns),
              ], output: [2, 2, 2, 3], low: -1.3, high: 1.3))
        }
      }
      cases.append(
        GradientCase(
          name: "GridSample", shapes: [(0, [1, 2, 4, 3])],
          attributes: ["mode": .string("nearest"), "padding_mode": .string(padding)],
          constants: [(1, GradientCheck.numbers([1, 2, 3, 2], seed: 5, from: -1.4, to: 1.4))],
          output: [1, 2, 2, 3]))
    }
    cases.append(
      GradientCase(
        name: "GridSample", shapes: [(0, [1, 2, 2, 3, 2]), (1, [1, 2, 1, 2, 3])],
        output: [1, 2, 2, 1, 2]))
    cases.append(
      GradientCase(
        name: "GridSample", shapes: [(0, [2, 1, 5]), (1, [2, 3, 1])], output: [2, 1, 3]))
    return cases
  }()

  @Test(arguments: samples) func samplesAgree(_ c: GradientCase) throws { try c.expectAgreement() }

  @Test(arguments: ["half_pixel", "output_half_pixel"]) func regions(mode: String) throws {
    let check = GradientCheck(
      inputs: [
        ("x", GradientCheck.numbers([2, 2, 5, 6], seed: 31)),
        (
          "regions",
          Tensor([0.3, 0.9, 8.2, 7.4, 2.1, 1.7, 5.3, 9.6, -4.5, -3.1, 1.3, 2.9], shape: [3, 4])
        ),
      ],
      nodes: [
        Node(
          "RoiAlign", inputs: ["x", "regions", "pictures"], outputs: ["y"],
          attributes: [
            "output_height": .integer(2), "output_width": .integer(3),
            "sampling_ratio": .integer(2), "spatial_scale": .float(0.5),
            "coordinate_transformation_mode": .string(mode),
          ])
      ], output: "y", constants: [("pictures", Self.whole([1, 0, 1]))])
    #expect(try check.largestRelativeError(outputShape: [3, 2, 2, 3]) < 1e-6)
  }

  // MARK: Lines and elements

  static let lines: [GradientCase] = {
    var cases: [GradientCase] = []
    for flag in [Int64(0), 1] {
      for reverse in [Int64(0), 1] {
        for axis in [0, -1] {
          cases.append(
            GradientCase(
              name: "CumProd", shapes: [(0, [3, 4])],
              attributes: ["exclusive": .integer(flag), "reverse": .integer(reverse)],
              constants: [(1, whole([axis], []))], output: [3, 4], low: 0.5, high: 1.5))
        }
      }
    }
    return cases
  }()

  @Test(arguments: lines) func linesAgree(_ c: GradientCase) throws { try c.expectAgreement() }

  @Test(arguments: [Int64(0), 1]) func remainders(follows: Int64) throws {
    let check = GradientCheck(
      inputs: [
        ("a", Tensor([-1.7, 0.3, 1.9, 2.6, -0.4, 1.2], shape: [2, 3])),
        ("b", Tensor([0.7, -0.9, 1.3], shape: [3])),
      ],
      nodes: [
        Node("Mod", inputs: ["a", "b"], outputs: ["y"], attributes: ["fmod": .integer(follows)])
      ], output: "y")
    #expect(try check.largestRelativeError(outputShape: [2, 3]) < 1e-6)
  }

  @Test func productsAlongALineWithZeros() throws {
    let check = GradientCheck(
      inputs: [("x", Tensor([0.5, 0, 2, -1, 0, 1.5, 0, 3], shape: [2, 4]))],
      nodes: [Node("CumProd", inputs: ["x", "axis"], outputs: ["y"])], output: "y",
      constants: [("axis", Self.whole([1], []))])
    #expect(try check.largestRelativeError(outputShape: [2, 4]) < 1e-6)
  }

  static let moves: [GradientCase] = [
    GradientCase(
      name: "Compress", shapes: [(0, [3, 4])], attributes: ["axis": .integer(1)],
      constants: [(1, Tensor([true, false, true], shape: [3]))], output: [3, 2]),
    GradientCase(
      name: "Compress", shapes: [(0, [2, 3])],
      constants: [(1, Tensor([false, true, true, false, true], shape: [5]))], output: [3]),
    GradientCase(
      name: "MaxUnpool", shapes: [(0, [1, 1, 2, 2])],
      attributes: ["kernel_shape": .integers([2, 2]), "strides": .integers([2, 2])],
      constants: [(1, whole([5, 7, 13, 15], [1, 1, 2, 2]))], output: [1, 1, 4, 4]),
    GradientCase(
      name: "MaxUnpool", shapes: [(0, [1, 1, 2, 2])],
      attributes: ["kernel_shape": .integers([2, 2]), "strides": .integers([2, 2])],
      constants: [
        (1, whole([5, 7, 13, 15], [1, 1, 2, 2])), (2, whole([1, 1, 5, 5])),
      ], output: [1, 1, 5, 5]),
    GradientCase(
      name: "TensorScatter", shapes: [(0, [2, 4, 3]), (1, [2, 2, 3])],
      constants: [(2, whole([1, 2]))], output: [2, 4, 3]),
    GradientCase(
      name: "TensorScatter", shapes: [(0, [2, 4, 3]), (1, [2, 2, 3])],
      attributes: ["mode": .string("circular")], constants: [(2, whole([3, 0]))],
      output: [2, 4, 3]),
    GradientCase(
      name: "ScatterElements", shapes: [(0, [3, 4]), (2, [3, 2])],
      attributes: ["axis": .integer(1), "reduction": .string("add")],
      constants: [(1, whole([0, 0, 3, -1, 2, 1], [3, 2]))], output: [3, 4]),
    GradientCase(
      name: "ScatterND", shapes: [(0, [3, 4]), (2, [2, 4])],
      attributes: ["reduction": .string("add")], constants: [(1, whole([1, 1], [2, 1]))],
      output: [3, 4]),
  ]

  @Test(arguments: moves) func movesAgree(_ c: GradientCase) throws { try c.expectAgreement() }
}

import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLTraining
import Testing

/// Functions, movement, reductions and normalisation along rows against central differences.
@Suite struct FurtherGradientTests {
  typealias Numbers = [(name: String, value: Tensor)]

  private func expectAgreement(
    _ nodes: [Node], _ inputs: Numbers, output: Shape, constants: Numbers = []
  ) throws {
    let check = GradientCheck(inputs: inputs, nodes: nodes, output: "y", constants: constants)
    #expect(try check.largestRelativeError(outputShape: output) < 1e-6)
  }

  private func whole(_ numbers: [Int], _ shape: Shape? = nil) -> Tensor {
    Tensor(numbers.map { Int64($0) }, shape: shape ?? [numbers.count])
  }

  // MARK: Functions

  @Test(arguments: [
    "Celu", "Elu", "Erf", "Gelu", "HardSigmoid", "HardSwish", "Mish", "Selu", "Softplus",
    "Softsign", "Swish", "Atan", "Asinh", "Cos", "Cosh", "Sin", "Sinh", "Tan", "Abs", "Neg",
    "Reciprocal",
  ])
  func functions(name: String) throws {
    try expectAgreement(
      [Node(name, inputs: ["x"], outputs: ["y"])],
      [("x", GradientCheck.distinct([4, 5], seed: 1))], output: [4, 5])
  }

  @Test(arguments: ["Sqrt", "Acosh", "Reciprocal", "Log"]) func functionsAboveOne(
    name: String
  ) throws {
    try expectAgreement(
      [Node(name, inputs: ["x"], outputs: ["y"])],
      [("x", GradientCheck.numbers([6], seed: 2, from: 1.5, to: 3))], output: [6])
  }

  @Test(arguments: ["Acos", "Asin", "Atanh"]) func functionsWithinOne(name: String) throws {
    try expectAgreement(
      [Node(name, inputs: ["x"], outputs: ["y"])],
      [("x", GradientCheck.numbers([6], seed: 3, from: -0.8, to: 0.8))], output: [6])
  }

  @Test func attributesOfFunctions() throws {
    for (name, attributes) in [
      ("Elu", ["alpha": AttributeValue.float(0.7)]), ("Celu", ["alpha": .float(0.6)]),
      ("Selu", ["alpha": .float(1.2), "gamma": .float(0.9)]), ("Swish", ["alpha": .float(1.7)]),
      ("HardSigmoid", ["alpha": .float(0.45), "beta": .float(0.52)]),
      ("ThresholdedRelu", ["alpha": .float(0.32)]), ("Gelu", ["approximate": .string("tanh")]),
    ] {
      try expectAgreement(
        [Node(name, inputs: ["x"], outputs: ["y"], attributes: attributes)],
        [("x", GradientCheck.distinct([20], seed: 4))], output: [20])
    }
  }

  /// A sum with the input beside what is flat, so that the derivative is not 0 altogether.
  @Test(arguments: ["Ceil", "Floor", "Round"]) func flatFunctions(name: String) throws {
    try expectAgreement(
      [
        Node(name, inputs: ["x"], outputs: ["a"]), Node("Add", inputs: ["a", "x"], outputs: ["y"]),
      ],
      [("x", GradientCheck.distinct([8], seed: 5))], output: [8])
  }

  @Test func castsAndFunctions() throws {
    try expectAgreement(
      [
        Node("Cast", inputs: ["x"], outputs: ["a"], attributes: ["to": .integer(11)]),
        Node("CastLike", inputs: ["a", "like"], outputs: ["b"]),
        Node("Tanh", inputs: ["b"], outputs: ["y"]),
      ], [("x", GradientCheck.numbers([5], seed: 6))], output: [5],
      constants: [("like", Tensor([Double(0)]))])
  }

  // MARK: Several operands

  @Test(arguments: [
    (Shape([2, 3]), Shape([2, 3])), (Shape([2, 3]), Shape([3])), (Shape([3]), Shape([2, 1])),
  ])
  func power(shapes: (Shape, Shape)) throws {
    try expectAgreement(
      [Node("Pow", inputs: ["a", "b"], outputs: ["y"])],
      [
        ("a", GradientCheck.numbers(shapes.0, seed: 7, from: 0.5, to: 2)),
        ("b", GradientCheck.numbers(shapes.1, seed: 8)),
      ], output: [2, 3])
  }

  @Test func squaresOfAnything() throws {
    try expectAgreement(
      [Node("Pow", inputs: ["a", "two"], outputs: ["y"])],
      [("a", Tensor([-1.5, 0, 0.25, 2], shape: [4]))], output: [4],
      constants: [("two", whole([2], []))])
  }

  @Test(arguments: ["Max", "Min", "Sum", "Mean"]) func anyNumberOfOperands(name: String) throws {
    let all = GradientCheck.distinct([18], seed: 9).elements(as: Double.self)
    try expectAgreement(
      [Node(name, inputs: ["a", "b", "c"], outputs: ["y"])],
      [
        ("a", Tensor(Array(all[..<12]), shape: [3, 4])),
        ("b", Tensor(Array(all[12..<16]), shape: [4])),
        ("c", Tensor(Array(all[16..<17]), shape: [])),
      ], output: [3, 4])
  }

  @Test func choicesAndSlopes() throws {
    try expectAgreement(
      [
        Node("PRelu", inputs: ["a", "slope"], outputs: ["p"]),
        Node("Where", inputs: ["condition", "p", "b"], outputs: ["y"]),
      ],
      [
        ("a", GradientCheck.distinct([3, 4], seed: 10)),
        ("slope", GradientCheck.numbers([4], seed: 11)),
        ("b", GradientCheck.numbers([3, 1], seed: 12)),
      ], output: [3, 4],
      constants: [("condition", Tensor((0..<4).map { $0 % 3 != 1 }, shape: [4]))])
  }

  // MARK: Movement

  struct Movement: Sendable, CustomTestStringConvertible {
    let name: String
    var inputs: [[Int]?] = []
    var attributes: [String: AttributeValue] = [:]
    var input: Shape = [4, 3, 2]
    let output: Shape
    var testDescription: String { "\(name) \(inputs) \(attributes)" }
  }

  static let movements: [Movement] = [
    Movement(name: "Slice", inputs: [[3, 0], [-5, 2], [0, 1], [-2, 1]], output: [2, 2, 2]),
    Movement(name: "Pad", inputs: [[1, 0, 0, 0, -1, 2]], output: [5, 2, 4]),
    Movement(
      name: "Pad", inputs: [[1, 0, 0, 0, 1, 2]], attributes: ["mode": .string("edge")],
      output: [5, 4, 4]),
    Movement(name: "Expand", inputs: [[2, 4, 3, 2]], input: [3, 1], output: [2, 4, 3, 2]),
    Movement(name: "Tile", inputs: [[2, 1, 3]], output: [8, 3, 6]),
    Movement(
      name: "Gather", inputs: [[2, 0, 2]], attributes: ["axis": .integer(1)], output: [4, 3, 2]),
    Movement(
      name: "DepthToSpace", attributes: ["blocksize": .integer(2)], input: [1, 8, 2, 3],
      output: [1, 2, 4, 6]),
    Movement(
      name: "SpaceToDepth", attributes: ["blocksize": .integer(2)], input: [1, 2, 4, 6],
      output: [1, 8, 2, 3]),
    Movement(name: "Trilu", input: [4, 4], output: [4, 4]),
    Movement(name: "CenterCropPad", inputs: [[2, 5, 2]], output: [2, 5, 2]),
    Movement(name: "CumSum", inputs: [[1]], output: [4, 3, 2]),
    Movement(
      name: "CumSum", inputs: [[0]],
      attributes: ["reverse": .integer(1), "exclusive": .integer(1)], output: [4, 3, 2]),
  ]

  @Test(arguments: movements) func movement(_ c: Movement) throws {
    var constants: Numbers = []
    for (index, numbers) in c.inputs.enumerated() {
      guard let numbers else { continue }
      let isScalar = c.name == "CumSum"
      constants.append(("c\(index)", whole(numbers, isScalar ? [] : nil)))
    }
    let shape =
      c.name == "Trilu" || c.name.contains("Depth") || c.name == "Expand" ? c.input : [4, 3, 2]
    try expectAgreement(
      [
        Node(
          c.name, inputs: ["x"] + c.inputs.indices.map { "c\($0)" }, outputs: ["y"],
          attributes: c.attributes)
      ], [("x", GradientCheck.numbers(shape, seed: 13))], output: c.output, constants: constants)
  }

  @Test func scatteredReads() throws {
    try expectAgreement(
      [
        Node(
          "GatherElements", inputs: ["x", "places"], outputs: ["a"],
          attributes: ["axis": .integer(1)]),
        Node("GatherND", inputs: ["a", "rows"], outputs: ["b"]),
        Node(
          "ReverseSequence", inputs: ["b", "lengths"], outputs: ["y"],
          attributes: ["time_axis": .integer(0), "batch_axis": .integer(1)]),
      ], [("x", GradientCheck.numbers([3, 4], seed: 14))], output: [2, 2],
      constants: [
        ("places", whole([0, 3, 3, 1, -1, 2], [3, 2])), ("rows", whole([2, 0], [2, 1])),
        ("lengths", whole([2, 1])),
      ])
  }

  @Test func scatteredWrites() throws {
    try expectAgreement(
      [
        Node(
          "ScatterElements", inputs: ["x", "places", "a"], outputs: ["s"],
          attributes: ["axis": .integer(1)]),
        Node("ScatterND", inputs: ["s", "rows", "b"], outputs: ["t"]),
        Node(
          "TopK", inputs: ["t", "k"], outputs: ["y", ""],
          attributes: ["axis": .integer(1), "largest": .integer(0)]),
      ],
      [
        ("x", GradientCheck.distinct([3, 4], seed: 25)),
        ("a", GradientCheck.numbers([3, 2], seed: 26)),
        ("b", GradientCheck.numbers([1, 4], seed: 27)),
      ], output: [3, 3],
      constants: [
        ("places", whole([0, 3, 2, 1, -1, 2], [3, 2])), ("rows", whole([1], [1, 1])),
        ("k", whole([3])),
      ])
  }

  @Test func shrinking() throws {
    try expectAgreement(
      [
        Node(
          "Shrink", inputs: ["x"], outputs: ["a"],
          attributes: ["lambd": .float(0.32), "bias": .float(0.2)]),
        Node("Sign", inputs: ["x"], outputs: ["b"]),
        Node("Add", inputs: ["a", "b"], outputs: ["y"]),
      ], [("x", GradientCheck.distinct([20], seed: 28))], output: [20])
  }

  @Test func partsOfASplit() throws {
    try expectAgreement(
      [
        Node(
          "Split", inputs: ["x", "sizes"], outputs: ["a", "b", "c"],
          attributes: ["axis": .integer(1)]),
        Node("Concat", inputs: ["c", "a"], outputs: ["y"], attributes: ["axis": .integer(1)]),
      ], [("x", GradientCheck.numbers([2, 6], seed: 15))], output: [2, 4],
      constants: [("sizes", whole([3, 2, 1]))])
  }

  // MARK: Reductions and normalisation

  @Test(
    arguments: [
      "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
      "ReduceLogSumExp",
    ], [[0, 2], [1], []])
  func reductions(name: String, axes: [Int]) throws {
    let kept = [4, 3, 2].enumerated().map { axes.isEmpty || axes.contains($0) ? 1 : $1 }
    try expectAgreement(
      [Node(name, inputs: ["x", "axes"], outputs: ["y"])],
      [("x", GradientCheck.distinct([4, 3, 2], seed: 16))], output: Shape(kept),
      constants: [("axes", whole(axes))])
  }

  @Test func logarithmOfASum() throws {
    try expectAgreement(
      [
        Node(
          "ReduceLogSum", inputs: ["x", "axes"], outputs: ["y"],
          attributes: ["keepdims": .integer(0)])
      ], [("x", GradientCheck.numbers([3, 4], seed: 17, from: 0.5, to: 2))], output: [3],
      constants: [("axes", whole([1]))])
  }

  @Test func productsWithZeros() throws {
    try expectAgreement(
      [Node("ReduceProd", inputs: ["x", "axes"], outputs: ["y"])],
      [("x", Tensor([0.5, 0, 2, 0, 0, 1.5, 1, 2, 3], shape: [3, 3]))], output: [3, 1],
      constants: [("axes", whole([1]))])
  }

  @Test func largestOfAPlane() throws {
    try expectAgreement(
      [Node("GlobalMaxPool", inputs: ["x"], outputs: ["y"])],
      [("x", GradientCheck.distinct([2, 3, 3, 2], seed: 18))], output: [2, 3, 1, 1])
  }

  @Test(arguments: [
    ("LayerNormalization", Shape([4]), ["axis": AttributeValue.integer(-1)]),
    ("LayerNormalization", Shape([3, 4]), ["axis": .integer(1)]),
    ("RMSNormalization", Shape([3, 4]), ["axis": .integer(1)]),
    ("RMSNormalization", Shape([4]), [:]), ("InstanceNormalization", Shape([3]), [:]),
    ("GroupNormalization", Shape([4]), ["num_groups": .integer(2)]),
  ])
  func rows(name: String, affine: Shape, attributes: [String: AttributeValue]) throws {
    let shape: Shape = name == "GroupNormalization" ? [2, 4, 3] : [2, 3, 4]
    let hasBias = name != "RMSNormalization"
    try expectAgreement(
      [
        Node(
          name, inputs: ["x", "scale"] + (hasBias ? ["bias"] : []), outputs: ["y"],
          attributes: attributes)
      ],
      [
        ("x", GradientCheck.numbers(shape, seed: 19)),
        ("scale", GradientCheck.numbers(affine, seed: 20)),
      ] + (hasBias ? [("bias", GradientCheck.numbers(affine, seed: 21))] : []), output: shape)
  }

  @Test(arguments: [1, 2]) func transposedConvolution(group: Int) throws {
    try expectAgreement(
      [
        Node(
          "ConvTranspose", inputs: ["x", "w", "b"], outputs: ["y"],
          attributes: [
            "group": .integer(Int64(group)), "strides": .integers([2, 3]),
            "pads": .integers([1, 0, 0, 1]), "output_padding": .integers([1, 2]),
            "dilations": .integers([1, 2]),
          ])
      ],
      [
        ("x", GradientCheck.numbers([2, 4, 3, 2], seed: 22)),
        ("w", GradientCheck.numbers([4, 3, 3, 2], seed: 23)),
        ("b", GradientCheck.numbers([3 * group], seed: 24)),
      ], output: [2, 3 * group, 7, 7])
  }
}

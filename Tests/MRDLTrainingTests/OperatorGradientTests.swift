import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLTraining
import Testing

/// Products, activations, arithmetic and movement against central differences.
@Suite struct OperatorGradientTests {
  @Test(arguments: ["Relu", "LeakyRelu", "Sigmoid", "Tanh", "Exp", "Softmax", "LogSoftmax"])
  func functionsOfOneValue(name: String) throws {
    let check = GradientCheck(
      inputs: [("x", GradientCheck.distinct([4, 5], seed: 1))],
      nodes: [Node(name, inputs: ["x"], outputs: ["y"])], output: "y")
    #expect(try check.largestRelativeError(outputShape: [4, 5]) < 1e-6)
  }

  @Test(arguments: ["Softmax", "LogSoftmax"], [0, 1, 2])
  func rowsAlongAnyAxis(name: String, axis: Int) throws {
    let check = GradientCheck(
      inputs: [("x", GradientCheck.numbers([3, 4, 2], seed: 2))],
      nodes: [
        Node(name, inputs: ["x"], outputs: ["y"], attributes: ["axis": .integer(Int64(axis))])
      ], output: "y")
    #expect(try check.largestRelativeError(outputShape: [3, 4, 2]) < 1e-6)
  }

  @Test func logarithm() throws {
    let check = GradientCheck(
      inputs: [("x", GradientCheck.numbers([7], seed: 3, from: 0.5, to: 2))],
      nodes: [Node("Log", inputs: ["x"], outputs: ["y"])], output: "y")
    #expect(try check.largestRelativeError(outputShape: [7]) < 1e-6)
  }

  @Test(
    arguments: ["Add", "Sub", "Mul", "Div"],
    [
      (Shape([2, 3]), Shape([2, 3])), (Shape([2, 3]), Shape([3])), (Shape([2, 1]), Shape([2, 3])),
      (Shape([3]), Shape([2, 2, 3])), (Shape([2, 3]), Shape([])),
    ])
  func arithmetic(name: String, shapes: (Shape, Shape)) throws {
    let check = GradientCheck(
      inputs: [
        ("a", GradientCheck.numbers(shapes.0, seed: 4)),
        ("b", GradientCheck.numbers(shapes.1, seed: 5, from: 0.5, to: 2)),
      ],
      nodes: [Node(name, inputs: ["a", "b"], outputs: ["y"])], output: "y")
    let output = try #require(shapes.0.broadcast(with: shapes.1))
    #expect(try check.largestRelativeError(outputShape: output) < 1e-6)
  }

  @Test(arguments: [false, true], [false, true])
  func gemm(transposesA: Bool, transposesB: Bool) throws {
    let check = GradientCheck(
      inputs: [
        ("a", GradientCheck.numbers(transposesA ? [5, 4] : [4, 5], seed: 6)),
        ("b", GradientCheck.numbers(transposesB ? [3, 5] : [5, 3], seed: 7)),
        ("c", GradientCheck.numbers([3], seed: 8)),
      ],
      nodes: [
        Node(
          "Gemm", inputs: ["a", "b", "c"], outputs: ["y"],
          attributes: [
            "transA": .integer(transposesA ? 1 : 0), "transB": .integer(transposesB ? 1 : 0),
            "alpha": .float(0.5), "beta": .float(2),
          ])
      ], output: "y")
    #expect(try check.largestRelativeError(outputShape: [4, 3]) < 1e-6)
  }

  @Test(arguments: [
    (Shape([3, 4]), Shape([4, 2]), Shape([3, 2])),
    (Shape([2, 3, 4]), Shape([4, 2]), Shape([2, 3, 2])),
    (Shape([2, 1, 3, 4]), Shape([5, 4, 2]), Shape([2, 5, 3, 2])),
    (Shape([4]), Shape([4, 2]), Shape([2])),
    (Shape([3, 4]), Shape([4]), Shape([3])),
    (Shape([4]), Shape([4]), Shape([])),
  ])
  func matrixProduct(a: Shape, b: Shape, y: Shape) throws {
    let check = GradientCheck(
      inputs: [
        ("a", GradientCheck.numbers(a, seed: 9)), ("b", GradientCheck.numbers(b, seed: 10)),
      ],
      nodes: [Node("MatMul", inputs: ["a", "b"], outputs: ["y"])], output: "y")
    #expect(try check.largestRelativeError(outputShape: y) < 1e-6)
  }

  /// The residual of a value that several nodes read is the sum of what they pass back.
  @Test func valuesWithSeveralReaders() throws {
    let check = GradientCheck(
      inputs: [("x", GradientCheck.numbers([2, 3], seed: 11))],
      nodes: [
        Node("Mul", inputs: ["x", "x"], outputs: ["square"]),
        Node("Sigmoid", inputs: ["x"], outputs: ["s"]),
        Node("Add", inputs: ["square", "s"], outputs: ["sum"]),
        Node("Mul", inputs: ["sum", "x"], outputs: ["y"]),
      ], output: "y")
    #expect(try check.largestRelativeError(outputShape: [2, 3]) < 1e-6)
  }

  @Test func movement() throws {
    let check = GradientCheck(
      inputs: [
        ("a", GradientCheck.numbers([2, 3, 4], seed: 12)),
        ("b", GradientCheck.numbers([2, 2, 4], seed: 13)),
      ],
      nodes: [
        Node(
          "Concat", inputs: ["a", "b"], outputs: ["c"], attributes: ["axis": .integer(1)]),
        Node(
          "Transpose", inputs: ["c"], outputs: ["t"], attributes: ["perm": .integers([2, 0, 1])]),
        Node("Flatten", inputs: ["t"], outputs: ["y"], attributes: ["axis": .integer(1)]),
      ], output: "y")
    #expect(try check.largestRelativeError(outputShape: [4, 10]) < 1e-6)
  }

  @Test func operatorWithoutGradientIsNamed() throws {
    let check = GradientCheck(
      inputs: [("x", GradientCheck.numbers([3], seed: 14))],
      nodes: [Node("Hardmax", inputs: ["x"], outputs: ["y"])], output: "y")
    let error = #expect(throws: MRDLError.self) {
      try check.largestRelativeError(outputShape: [3])
    }
    #expect(error?.code == .noGradient)
  }
}

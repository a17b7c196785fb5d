import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLTraining
import Testing

/// Graphs inside nodes whose course is known before they run, against central differences.
@Suite struct ControlFlowGradientTests {
  private func expectAgreement(
    _ node: Node, _ inputs: [(name: String, value: Tensor)], output: Shape,
    constants: [(name: String, value: Tensor)] = []
  ) throws {
    let check = GradientCheck(inputs: inputs, nodes: [node], output: "y", constants: constants)
    #expect(try check.largestRelativeError(outputShape: output) < 1e-6)
  }

  private func info(_ name: String, _ shape: SymbolicShape) -> ValueInfo {
    ValueInfo(name, .float64, shape)
  }

  @Test(arguments: [true, false]) func aConstantChoice(flag: Bool) throws {
    func branch(_ name: String) -> AttributeValue {
      .graph(
        Graph(
          outputs: [info("b", [2, 3])],
          nodes: [
            Node(name, inputs: ["x"], outputs: ["a"]),
            Node("Mul", inputs: ["a", "x"], outputs: ["b"]),
          ]))
    }
    try expectAgreement(
      Node(
        "If", inputs: ["flag"], outputs: ["y"],
        attributes: ["then_branch": branch("Tanh"), "else_branch": branch("Exp")]),
      [("x", GradientCheck.numbers([2, 3], seed: 1))], output: [2, 3],
      constants: [("flag", Tensor([flag], shape: .scalar))])
  }

  /// A recurrent layer: h′ = tanh(h w + x), and h′ is scanned out.
  @Test(arguments: [false, true]) func aScan(isReversed: Bool) throws {
    let body = Graph(
      inputs: [info("h", [2, 3]), info("x", [2, 3])],
      outputs: [info("next", [2, 3]), info("out", [2, 3])],
      nodes: [
        Node("MatMul", inputs: ["h", "w"], outputs: ["p"]),
        Node("Add", inputs: ["p", "x"], outputs: ["s"]),
        Node("Tanh", inputs: ["s"], outputs: ["next"]),
        Node("Identity", inputs: ["next"], outputs: ["out"]),
      ])
    let direction = AttributeValue.integers([isReversed ? 1 : 0])
    try expectAgreement(
      Node(
        "Scan", inputs: ["first", "sequence"], outputs: ["", "y"],
        attributes: [
          "body": .graph(body), "num_scan_inputs": .integer(1), "scan_input_axes": .integers([1]),
          "scan_output_axes": .integers([1]), "scan_input_directions": direction,
          "scan_output_directions": direction,
        ]),
      [
        ("first", GradientCheck.numbers([2, 3], seed: 2)),
        ("sequence", GradientCheck.numbers([2, 4, 3], seed: 3)),
        ("w", GradientCheck.numbers([3, 3], seed: 4)),
      ], output: [2, 4, 3])
  }

  @Test func aLoopOfKnownLength() throws {
    let body = Graph(
      inputs: [
        ValueInfo("i", .int64, []), ValueInfo("condition", .bool, []), info("a", [3]),
      ],
      outputs: [ValueInfo("goes", .bool, []), info("b", [3]), info("part", [3])],
      nodes: [
        Node("Identity", inputs: ["condition"], outputs: ["goes"]),
        Node("Mul", inputs: ["a", "x"], outputs: ["m"]),
        Node("Sin", inputs: ["m"], outputs: ["b"]),
        Node("Add", inputs: ["b", "x"], outputs: ["part"]),
      ])
    let constants: [(name: String, value: Tensor)] = [("count", Tensor([Int64(3)], shape: .scalar))]
    let inputs: [(name: String, value: Tensor)] = [
      ("a0", GradientCheck.numbers([3], seed: 5)), ("x", GradientCheck.numbers([3], seed: 6)),
    ]
    for (outputs, shape) in [(["y"], Shape([3])), (["last", "y"], Shape([3, 3]))] {
      try expectAgreement(
        Node(
          "Loop", inputs: ["count", "", "a0"], outputs: outputs,
          attributes: ["body": .graph(body)]), inputs, output: shape, constants: constants)
    }
  }
}

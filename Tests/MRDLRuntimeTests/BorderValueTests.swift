import MRDLCore
import MRDLModel
import MRDLRuntime
import Testing

/// Models whose inputs and outputs are sequences and optional values.
@Suite struct BorderValueTests {
  private func program(
    _ inputs: [ValueInfo], _ outputs: [ValueInfo], _ nodes: [Node], passes: Bool = true
  ) throws -> Program {
    var options = ProgramOptions()
    if !passes { options.disabledPasses = ["all"] }
    return try Program(
      Model(graph: Graph(inputs: inputs, outputs: outputs, nodes: nodes)), options: options)
  }

  private func floats(_ value: GraphValue?) -> [[Float]]? {
    value?.tensors.map { $0.elements(as: Float.self) }
  }

  private func isNothing(_ value: GraphValue?) -> Bool {
    if case .optional(nil)? = value { true } else { false }
  }

  private let parts = GraphValue.sequence(of: [Tensor([Float(1), 2]), Tensor([Float(3)])])

  @Test(arguments: [ValueInfo.Kind.sequence, .optionalSequence], [true, false])
  func aValueIsHandedOn(kind: ValueInfo.Kind, passes: Bool) throws {
    let program = try program(
      [ValueInfo("s", .float32, ["N"], kind: kind), ValueInfo("x", .float32, ["N"])],
      [ValueInfo("t", .float32, ["N"], kind: kind), ValueInfo("y", .float32, ["N"])],
      [
        Node("Identity", inputs: ["s"], outputs: ["t"]), Node("Neg", inputs: ["x"], outputs: ["y"]),
      ], passes: passes)
    var session = Session(program)
    // Each element has its own number for N.
    let outputs = try session.run(values: ["s": parts, "x": .tensor(Tensor([Float(5), 6, 7]))])
    #expect(floats(outputs["t"]) == [[1, 2], [3]])
    #expect(floats(outputs["y"]) == [[-5, -6, -7]])
    guard kind == .optionalSequence else { return }
    if case .optional(.sequence?)? = outputs["t"] {} else { Issue.record("not an optional one") }
    try session.bind(value: .optional(nil), toInput: 0)
    try session.run()
    #expect(isNothing(session.outputValue(0)))
    #expect(session.output(1).elements(as: Float.self) == [-5, -6, -7])
  }

  @Test func sequencesComeOutAndGoIn() throws {
    var split = Session(
      try program(
        [ValueInfo("x", .float32, ["N", 2])], [ValueInfo("rows", .float32, nil, kind: .sequence)],
        [
          Node("Relu", inputs: ["x"], outputs: ["r"]),
          Node("SplitToSequence", inputs: ["r"], outputs: ["rows"]),
        ]))
    var join = Session(
      try program(
        [ValueInfo("rows", .float32, [1, 2], kind: .sequence)], [ValueInfo("y", .float32, nil)],
        [
          Node(
            "ConcatFromSequence", inputs: ["rows"], outputs: ["c"],
            attributes: ["axis": .integer(0)]),
          Node("Neg", inputs: ["c"], outputs: ["y"]),
        ]))
    let x = Tensor([Float(1), -2, 3, 4, -5, 6], shape: [3, 2])
    let rows = try split.run(values: ["x": .tensor(x)])["rows"]
    #expect(floats(rows) == [[1, 0], [3, 4], [0, 6]])
    let outputs = try join.run(values: ["rows": #require(rows)])
    #expect(floats(outputs["y"]) == [[-1, 0, -3, -4, 0, -6]])
  }

  @Test func optionalTensorsAreThereOrNot() throws {
    let branches: [String: AttributeValue] = [
      "then_branch": .graph(
        Graph(
          outputs: [ValueInfo("t", .float32, nil)],
          nodes: [Node("OptionalGetElement", inputs: ["o"], outputs: ["t"])])),
      "else_branch": .graph(
        Graph(
          outputs: [ValueInfo("e", .float32, nil)],
          nodes: [Node("Neg", inputs: ["x"], outputs: ["e"])])),
    ]
    var session = Session(
      try program(
        [ValueInfo("o", .float32, ["N"], kind: .optional), ValueInfo("x", .float32, ["N"])],
        [ValueInfo("y", .float32, ["N"])],
        [
          Node("OptionalHasElement", inputs: ["o"], outputs: ["c"]),
          Node("If", inputs: ["c"], outputs: ["y"], attributes: branches),
        ]))
    let x = Tensor([Float(1), 2])
    for (value, expected) in [
      (GraphValue.optional(nil), [Float(-1), -2]), (.tensor(Tensor([Float(8), 9])), [8, 9]),
      (.optional(.tensor(Tensor([Float(6), 7]))), [6, 7]),
    ] {
      let outputs = try session.run(values: ["o": value, "x": .tensor(x)])
      #expect(floats(outputs["y"]) == [expected])
    }
  }

  @Test func valuesOfAnotherKindAreRefused() throws {
    var session = Session(
      try program(
        [ValueInfo("s", .float32, [.unknown], kind: .sequence)], [ValueInfo("n", .int64, [])],
        [Node("SequenceLength", inputs: ["s"], outputs: ["n"])]))
    func code(_ value: GraphValue?) -> FindingCode? {
      do throws(MRDLError) {
        _ = try session.run(values: value.map { ["s": $0] } ?? [:])
        return nil
      } catch {
        return error.code
      }
    }
    #expect(code(nil) == .missingInput)
    #expect(code(.tensor(Tensor([Float(1)]))) == .wrongInput)
    #expect(code(.optional(nil)) == .wrongInput)
    #expect(code(.sequence(of: [Tensor([Float(1)]), Tensor([Double(1)])])) == .wrongInput)
    #expect(code(.sequence(of: [Tensor(scalar: Float(1))])) == .wrongInput)
    #expect(code(.sequence(of: [])) == nil)
  }

  @Test func outputsThatAreNoTensorsAreNotGivenAsTensors() throws {
    func outcome(_ kind: ValueInfo.Kind) throws -> FindingCode? {
      var session = Session(
        try program(
          [ValueInfo("x", .float32, [2])], [ValueInfo("s", .float32, nil, kind: kind)],
          [Node("SequenceConstruct", inputs: ["x"], outputs: ["s"])]))
      do throws(MRDLError) {
        _ = try session.run(["x": Tensor([Float(1), 2])])
        return nil
      } catch {
        return error.code
      }
    }
    #expect(try outcome(.sequence) == .typeMismatch)
    // A model that declares a tensor and makes a sequence.
    #expect(try outcome(.tensor) == .typeMismatch)
  }
}

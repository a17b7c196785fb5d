import MRDLCore
import MRDLModel
import Testing

@Suite struct CheckingTests {
  private func findings(_ model: Model) -> [Finding] {
    let diagnostics = Diagnostics()
    model.check(diagnostics: diagnostics)
    return diagnostics.findings
  }

  @Test func completeModelIsSound() throws {
    let found = try findings(completeModel())
    #expect(found.map(\.code) == [.unusedTensor])
    #expect(found.first?.found == "\"packed\"")
    #expect(found.first?.severity == .note)
    #expect(found.first?.place.path == "/tensors/6")
  }

  struct Unsound: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: [String]
    let change: @Sendable (inout Model) -> Void

    init(_ name: String, _ expected: String..., change: @escaping @Sendable (inout Model) -> Void) {
      testDescription = name
      self.expected = expected
      self.change = change
    }
  }

  static let unsound: [Unsound] = [
    Unsound("value that nothing produces", "MRDL1202 /graph/nodes/2/inputs/0") {
      $0.graph.nodes[2].inputs = ["z"]
    },
    Unsound("value of a later node", "MRDL1203 /graph/nodes/0/inputs/1") {
      $0.graph.nodes[0].inputs[1] = "y"
    },
    Unsound("value of the node itself", "MRDL1203 /graph/nodes/0/inputs/1") {
      $0.graph.nodes[0].inputs[1] = "next"
    },
    Unsound("value produced twice", "MRDL1201 /graph/nodes/1/outputs/0") {
      $0.graph.nodes[0].outputs[1] = "y"
    },
    Unsound("value named as a tensor", "MRDL1201 /graph/nodes/0/outputs/1") {
      $0.graph.nodes[0].outputs[1] = "scale"
    },
    Unsound("input twice", "MRDL1201 /graph/inputs/5/name") {
      $0.graph.inputs.append($0.graph.inputs[0])
      $0.goldenVectors = []
      $0.tensors["golden"] = nil
    },
    Unsound("golden sequence for a tensor", "MRDL1402 /golden/0/inputs/x") {
      $0.goldenVectors[0].inputs["x"] = .sequence(["golden"])
    },
    Unsound("nothing for a tensor", "MRDL1402 /golden/0/inputs/x") {
      $0.goldenVectors[0].inputs["x"] = .absent
    },
    Unsound("output that nothing produces", "MRDL1209 /graph/outputs/3") {
      $0.graph.outputs.append(ValueInfo("z", .float32, nil))
    },
    Unsound("output twice", "MRDL1201 /graph/outputs/3") {
      $0.graph.outputs.append($0.graph.outputs[0])
    },
    Unsound("attribute without its tensor", "MRDL1202 /graph/nodes/0/attributes/a~1b~0c/tensor") {
      $0.graph.nodes[0].attributes["a/b~c"] = .tensor("z")
    },
    Unsound("attribute that names a value", "MRDL1202 /graph/nodes/0/attributes/t/tensor") {
      $0.graph.nodes[0].attributes["t"] = .tensor("x")
    },
    Unsound(
      "value unknown to a branch",
      "MRDL1202 /graph/nodes/1/attributes/then_branch/graph/nodes/0/inputs/0"
    ) { model in
      let branch = Graph(
        outputs: [ValueInfo("b", .float32, nil)],
        nodes: [Node("Relu", inputs: ["scores"], outputs: ["b"])])
      model.graph.nodes[1].attributes["then_branch"] = .graph(branch)
    },
    Unsound(
      "branch that hides a value",
      "MRDL1201 /graph/nodes/1/attributes/then_branch/graph/nodes/0/outputs/0"
    ) { model in
      let branch = Graph(
        outputs: [ValueInfo("hidden", .float32, nil)],
        nodes: [Node("Relu", inputs: ["x"], outputs: ["hidden"])])
      model.graph.nodes[1].attributes["then_branch"] = .graph(branch)
    },
    Unsound(
      "tensor in a branch",
      "MRDL1202 /graph/nodes/1/attributes/then_branch/graph/nodes/0/attributes/value/tensor"
    ) { model in
      let branch = Graph(
        outputs: [ValueInfo("b", .float32, nil)],
        nodes: [
          Node("Constant", inputs: [], outputs: ["b"], attributes: ["value": .tensor("hidden")])
        ])
      model.graph.nodes[1].attributes["then_branch"] = .graph(branch)
    },
    Unsound("golden input that is no input", "MRDL1402 /golden/0/inputs/z") {
      $0.goldenVectors[0].inputs["z"] = "golden"
    },
    Unsound("golden output that is no output", "MRDL1402 /golden/0/outputs/hidden") {
      $0.goldenVectors[0].outputs["hidden"] = "golden"
    },
    Unsound("golden tensor that is missing", "MRDL1306 /golden/0/inputs/x") {
      $0.goldenVectors[0].inputs["x"] = "z"
    },
    Unsound("golden vector without an input", "MRDL1402 /golden/0/inputs") {
      $0.goldenVectors[0].inputs["x"] = nil
    },
    Unsound("state without its output", "MRDL1202 /state/0/output") {
      $0.state[0].output = "hidden"
    },
    Unsound("state without its input", "MRDL1202 /state/0/input") {
      $0.state[0].input = "hidden"
    },
    Unsound("state without its first value", "MRDL1306 /state/0/initial") {
      $0.state[0].initial = "z"
      $0.tensors["initial"] = nil
    },
    Unsound("two states for one input", "MRDL1201 /state/1/input") {
      $0.state.append($0.state[0])
    },
    Unsound("scale that is missing", "MRDL1306 /tensors/0/quantization/scale") {
      $0.tensors["scale"] = nil
    },
    Unsound("preprocessing without its input", "MRDL1202 /preprocessing/z") {
      $0.preprocessing["z"] = $0.preprocessing["x"]
    },
    Unsound("meaning without its output", "MRDL1202 /meanings/z") {
      $0.meanings["z"] = $0.meanings["y"]
    },
  ]

  @Test(arguments: unsound)
  func everyFaultHasItsFinding(example: Unsound) throws {
    var model = try completeModel()
    example.change(&model)
    let found = findings(model).filter { $0.code != .unusedTensor }
    #expect(found.map { "\($0.code) \($0.place.path ?? "")" } == example.expected)
  }

  /// A golden vector need not give what the state holds.
  @Test func stateMayBeLeftOutOfGoldenVectors() throws {
    var model = try completeModel()
    model.goldenVectors[0].inputs["previous"] = nil
    #expect(findings(model).map(\.code) == [.unusedTensor])
  }

  @Test func parametersAreWhatTheGraphComputesWith() throws {
    #expect(try completeModel().parameters.map(\.info.name) == ["w", "constant"])
  }

  @Test func capturedNamesReachIntoBranches() {
    let branch = Graph(
      outputs: [ValueInfo("b", .float32, nil)],
      nodes: [Node("Add", inputs: ["hidden", "w"], outputs: ["b"])])
    let graph = Graph(
      inputs: [ValueInfo("x", .float32, nil)],
      nodes: [
        Node("Relu", inputs: ["x"], outputs: ["hidden"]),
        Node("If", inputs: ["x"], outputs: ["y"], attributes: ["then_branch": .graph(branch)]),
      ])
    #expect(graph.capturedNames == ["w"])
    #expect(graph.allNodeCount == 3)
  }

  @Test func symbolicShapesBind() {
    let shape: SymbolicShape = ["N", 3, .unknown, "N"]
    var bindings: [String: Int] = [:]
    #expect(shape.bind([2, 3, 9, 2], bindings: &bindings))
    #expect(bindings == ["N": 2])
    #expect(!shape.bind([4, 3, 9, 4], bindings: &bindings))
    bindings = [:]
    #expect(!shape.bind([2, 3, 9, 5], bindings: &bindings))
    bindings = [:]
    #expect(!shape.bind([2, 4, 9, 2], bindings: &bindings))
    #expect(!shape.bind([2, 3, 9], bindings: &bindings))
    #expect("\(shape.substituting(["N": 7]))" == "[7, 3, ?, 7]")
    #expect(SymbolicShape(Shape([2, 3])).shape == [2, 3])
    #expect(shape.shape == nil)
  }
}

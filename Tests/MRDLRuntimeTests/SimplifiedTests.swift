import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLRuntime
import Testing

@Suite struct SimplifiedTests {
  @Test(arguments: PassCase.cases) func theAnswerStays(_ c: PassCase) throws {
    let simplified = try c.model().simplified()
    for batch in [1, 3] {
      let (plain, _) = try c.run(batch: batch, disabledPasses: ["all"])
      let (other, _) = try c.run(batch: batch, disabledPasses: ["all"], of: simplified)
      #expect(other.shape == plain.shape)
      #expect(largestDifference(other, plain) <= c.tolerance)
    }
  }

  private let convolution = PassCase(
    testDescription: "a convolution and what scales its channels",
    nodes: [
      Node("Conv", name: "first", inputs: ["x", "w"], outputs: ["a"]),
      Node(
        "BatchNormalization", inputs: ["a", "gain", "shift", "mean", "var"], outputs: ["b"]),
      Node("Identity", inputs: ["b"], outputs: ["c"]),
      Node("Add", inputs: ["one", "two"], outputs: ["sum"]),
      Node("Mul", inputs: ["c", "sum"], outputs: ["d"]),
      Node("Relu", inputs: ["d"], outputs: ["y"]),
    ],
    shapes: [
      "w": [4, 3, 3, 3], "gain": [4], "shift": [4], "mean": [4], "var": [4], "one": [1], "two": [1],
    ])

  @Test func scalesOfChannelsBecomePartOfTheWeights() throws {
    let source = try convolution.model()
    let model = try source.simplified()
    #expect(model.graph.nodes.map(\.operatorName) == ["Conv", "Relu"])
    #expect(model.graph.nodes[0].name == "first")
    #expect(model.graph.outputs == source.graph.outputs)
    #expect(model.tensors.count == 2, "weights and bias: \(model.tensors.names)")
    #expect(model.tensors.names.isSuperset(of: model.graph.capturedNames))
  }

  @Test func whatGoldenVectorsNeedStays() throws {
    var source = try convolution.model()
    source.goldenVectors = [
      GoldenVector(name: "first", inputs: ["x": "gain"], outputs: ["y": "golden"])
    ]
    source.tensors["golden"] = ModelTensor("golden", Tensor([Float(1)]))
    let names = try source.simplified().tensors.names
    #expect(names.contains("gain"))
    #expect(names.contains("golden"))
  }

  /// Outputs that are an input, a constant and one value twice.
  @Test func outputsKeepTheirNames() throws {
    let floats = { (name: String) in ValueInfo(name, .float32, [2]) }
    let source = Model(
      graph: Graph(
        inputs: [floats("x")],
        outputs: ["same", "constant", "y", "z"].map(floats),
        nodes: [
          Node("Identity", inputs: ["x"], outputs: ["same"]),
          Node("Neg", inputs: ["two"], outputs: ["constant"]),
          Node("Neg", inputs: ["x"], outputs: ["y"]),
          Node("Identity", inputs: ["y"], outputs: ["z"]),
        ]), tensors: try TensorTable([ModelTensor("two", Tensor([Float(1), 2]))]))
    var session = Session(try Program(try source.simplified()))
    let answers = try session.run(["x": Tensor([Float(3), -4])])
    #expect(answers["same"]?.elements(as: Float.self) == [3, -4])
    #expect(answers["constant"]?.elements(as: Float.self) == [-1, -2])
    #expect(answers["y"]?.elements(as: Float.self) == [-3, 4])
    #expect(answers["z"]?.elements(as: Float.self) == [-3, 4])
  }

  /// A graph inside a node reads a value and a constant that is computed around it.
  @Test func innerGraphsSeeTheirNames() throws {
    let floats = { (name: String) in ValueInfo(name, .float32, [2]) }
    func branch(_ operatorName: String) -> AttributeValue {
      .graph(
        Graph(
          outputs: [floats("r")],
          nodes: [Node(operatorName, inputs: ["a", "four"], outputs: ["r"])]))
    }
    let source = Model(
      graph: Graph(
        inputs: [ValueInfo("flag", .bool, []), floats("x")], outputs: [floats("y")],
        nodes: [
          Node("Add", inputs: ["two", "two"], outputs: ["four"]),
          Node("Relu", inputs: ["x"], outputs: ["a"]),
          Node(
            "If", inputs: ["flag"], outputs: ["y"],
            attributes: ["then_branch": branch("Add"), "else_branch": branch("Mul")]),
        ]), tensors: try TensorTable([ModelTensor("two", Tensor([Float(2), 2]))]))
    let simplified = try source.simplified()
    #expect(simplified.graph.nodes.map(\.operatorName) == ["Relu", "If"])
    var session = Session(try Program(simplified))
    for (flag, expected) in [(true, [Float(7), 4]), (false, [12, 0])] {
      let answer = try session.run(["flag": Tensor(scalar: flag), "x": Tensor([Float(3), -1])])
      #expect(answer["y"]?.elements(as: Float.self) == expected)
    }
  }
}

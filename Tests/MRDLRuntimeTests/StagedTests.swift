import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLRuntime
import Testing

@Suite struct StagedTests {
  private func session(
    _ inputs: [ValueInfo], _ outputs: [ValueInfo], _ nodes: [Node],
    _ tensors: [String: Tensor] = [:]
  ) throws -> Session {
    Session(
      try Program(
        Model(
          graph: Graph(inputs: inputs, outputs: outputs, nodes: nodes),
          tensors: try TensorTable(tensors.sorted { $0.key < $1.key }.map { ModelTensor($0, $1) })))
    )
  }

  private func floats(_ tensor: Tensor?) -> [Float] { tensor?.elements(as: Float.self) ?? [] }
  private func integers(_ tensor: Tensor?) -> [Int64] { tensor?.elements(as: Int64.self) ?? [] }

  private func graph(_ inputs: [ValueInfo], _ outputs: [ValueInfo], _ nodes: [Node])
    -> AttributeValue
  {
    .graph(Graph(inputs: inputs, outputs: outputs, nodes: nodes))
  }

  @Test func branchesReadValuesAndConstantsOfTheGraphAround() throws {
    let branches: [String: AttributeValue] = [
      "then_branch": graph(
        [], [ValueInfo("t", .float32, nil)], [Node("Mul", inputs: ["d", "two"], outputs: ["t"])]),
      "else_branch": graph(
        [], [ValueInfo("e", .float32, nil)], [Node("Neg", inputs: ["x"], outputs: ["e"])]),
    ]
    var session = try session(
      [ValueInfo("x", .float32, ["N"]), ValueInfo("c", .bool, [])],
      [ValueInfo("y", .float32, ["N"]), ValueInfo("d", .float32, ["N"])],
      [
        Node("Add", inputs: ["x", "x"], outputs: ["d"]),
        Node("If", inputs: ["c"], outputs: ["z"], attributes: branches),
        Node("Relu", inputs: ["z"], outputs: ["y"]),
      ], ["two": Tensor(scalar: Float(2))])
    for values in [[Float(1), -3], [5], [1, 2, 3]] {
      let yes = try session.run(["x": Tensor(values), "c": Tensor(scalar: true)])
      #expect(floats(yes["y"]) == values.map { max(4 * $0, 0) })
      let no = try session.run(["x": Tensor(values), "c": Tensor(scalar: false)])
      #expect(floats(no["y"]) == values.map { max(-$0, 0) })
      #expect(floats(no["d"]) == values.map { 2 * $0 })
    }
  }

  /// carried = carried + x · i while carried < 20, with carried and i of each iteration given out.
  @Test(arguments: [0, 1, 3, 10]) func loopsCarryValuesAndCollectElements(limit: Int) throws {
    let body = graph(
      [
        ValueInfo("i", .int64, []), ValueInfo("on", .bool, []), ValueInfo("v", .float32, [1]),
      ],
      [
        ValueInfo("more", .bool, [1]), ValueInfo("w", .float32, [1]),
        ValueInfo("seen", .float32, [1]),
      ],
      [
        Node("Cast", inputs: ["i"], outputs: ["f"], attributes: ["to": .integer(1)]),
        Node("Mul", inputs: ["x", "f"], outputs: ["p"]),
        Node("Add", inputs: ["v", "p"], outputs: ["w"]),
        Node("Less", inputs: ["w", "twenty"], outputs: ["more"]),
        Node("Identity", inputs: ["w"], outputs: ["seen"]),
      ])
    var session = try session(
      [ValueInfo("x", .float32, [1]), ValueInfo("m", .int64, [])],
      [ValueInfo("y", .float32, [1]), ValueInfo("all", .float32, [.unknown, 1])],
      [Node("Loop", inputs: ["m", "", "x"], outputs: ["y", "all"], attributes: ["body": body])],
      ["twenty": Tensor([Float(20)])])
    let outputs = try session.run(["x": Tensor([Float(3)]), "m": Tensor(scalar: Int64(limit))])
    var value: Float = 3
    var seen: [Float] = []
    for index in 0..<limit {
      value += 3 * Float(index)
      seen.append(value)
      if value >= 20 { break }
    }
    #expect(floats(outputs["y"]) == [value])
    #expect(floats(outputs["all"]) == seen)
    #expect(outputs["all"]?.shape == Shape([seen.count, 1]))
  }

  @Test func scansWalkSlicesInBothDirections() throws {
    let body = graph(
      [ValueInfo("s", .float32, [2]), ValueInfo("e", .float32, [2])],
      [ValueInfo("t", .float32, [2]), ValueInfo("o", .float32, [2])],
      [
        Node("Add", inputs: ["s", "e"], outputs: ["t"]),
        Node("Identity", inputs: ["t"], outputs: ["o"]),
      ])
    for isReverse in [false, true] {
      var session = try session(
        [ValueInfo("s0", .float32, [2]), ValueInfo("x", .float32, ["T", 2])],
        [ValueInfo("last", .float32, [2]), ValueInfo("sums", .float32, [2, .unknown])],
        [
          Node(
            "Scan", inputs: ["s0", "x"], outputs: ["last", "sums"],
            attributes: [
              "body": body, "num_scan_inputs": .integer(1), "scan_output_axes": .integers([1]),
              "scan_input_directions": .integers([isReverse ? 1 : 0]),
            ])
        ])
      let outputs = try session.run([
        "s0": Tensor([Float(0), 100]), "x": Tensor([Float(1), 2, 3, 4, 5, 6], shape: [3, 2]),
      ])
      #expect(floats(outputs["last"]) == [9, 112])
      #expect(outputs["sums"]?.shape == [2, 3])
      #expect(
        floats(outputs["sums"])
          == (isReverse ? [5, 8, 9, 106, 110, 112] : [1, 4, 9, 102, 106, 112]))
    }
  }

  /// A stage is divided at the first run; later runs and other sessions go on with the parts.
  @Test func shapesThatDependOnDataDivideAStage() throws {
    let program = try Program(
      Model(
        graph: Graph(
          inputs: [ValueInfo("x", .float32, ["N"])],
          outputs: [ValueInfo("y", .float32, [.unknown]), ValueInfo("n", .int64, [])],
          nodes: [
            Node("Relu", inputs: ["x"], outputs: ["r"]),
            Node("NonZero", inputs: ["r"], outputs: ["places"]),
            Node("Squeeze", inputs: ["places", "zero"], outputs: ["flat"]),
            Node("Gather", inputs: ["r", "flat"], outputs: ["chosen"]),
            Node("Size", inputs: ["chosen"], outputs: ["n"]),
            Node("Add", inputs: ["chosen", "one"], outputs: ["y"]),
          ]),
        tensors: try TensorTable([
          ModelTensor("zero", Tensor([Int64(0)])), ModelTensor("one", Tensor([Float(1)])),
        ])))
    for _ in 0..<2 {
      var session = Session(program)
      for values in [[Float(1), -2, 3], [-1, -1], [4, 5, 6, 7]] {
        let outputs = try session.run(["x": Tensor(values)])
        let expected = values.filter { $0 > 0 }
        #expect(floats(outputs["y"]) == expected.map { $0 + 1 })
        #expect(integers(outputs["n"]) == [Int64(expected.count)])
      }
    }
  }

  @Test func sequencesLiveInsideAGraph() throws {
    var session = try session(
      [ValueInfo("x", .float32, ["N", 2])],
      [ValueInfo("y", .float32, nil), ValueInfo("n", .int64, [])],
      [
        Node("SplitToSequence", inputs: ["x"], outputs: ["rows"]),
        Node("SequenceErase", inputs: ["rows", "first"], outputs: ["rest"]),
        Node("SequenceInsert", inputs: ["rest", "x"], outputs: ["more"]),
        Node("SequenceLength", inputs: ["more"], outputs: ["n"]),
        Node(
          "ConcatFromSequence", inputs: ["more"], outputs: ["y"], attributes: ["axis": .integer(0)]),
      ], ["first": Tensor(scalar: Int64(0))])
    let x = Tensor([Float(1), 2, 3, 4, 5, 6], shape: [3, 2])
    let outputs = try session.run(["x": x])
    #expect(floats(outputs["y"]) == [3, 4, 5, 6, 1, 2, 3, 4, 5, 6])
    #expect(integers(outputs["n"]) == [3])
  }

  @Test func statesOutliveRunsOfStagedGraphs() throws {
    let branches: [String: AttributeValue] = [
      "then_branch": graph(
        [], [ValueInfo("t", .float32, nil)], [Node("Add", inputs: ["s", "x"], outputs: ["t"])]),
      "else_branch": graph(
        [], [ValueInfo("e", .float32, nil)], [Node("Identity", inputs: ["s"], outputs: ["e"])]),
    ]
    var model = Model(
      graph: Graph(
        inputs: [
          ValueInfo("x", .float32, [1]), ValueInfo("c", .bool, []), ValueInfo("s", .float32, [1]),
        ], outputs: [ValueInfo("y", .float32, [1])],
        nodes: [Node("If", inputs: ["c"], outputs: ["y"], attributes: branches)]))
    model.state = [StateBinding(output: "y", input: "s")]
    var session = Session(try Program(model))
    var sums: [Float] = []
    for (value, counts) in [(Float(1), true), (2, true), (4, false), (8, true)] {
      let inputs = ["x": Tensor([value]), "c": Tensor(scalar: counts)]
      sums += floats(try session.run(inputs)["y"])
    }
    #expect(sums == [1, 3, 3, 11])
  }

  @Test func everyNodeOfAStagedGraphIsProfiled() throws {
    let program = try Program(
      Model(
        graph: Graph(
          inputs: [ValueInfo("x", .float32, ["N"])],
          outputs: [ValueInfo("y", .int64, [1, .unknown])],
          nodes: [
            Node("Relu", inputs: ["x"], outputs: ["r"]),
            Node("NonZero", inputs: ["r"], outputs: ["y"]),
          ])))
    var session = Session(program)
    session.startProfile()
    for _ in 0..<3 { _ = try session.run(["x": Tensor([Float(1), 0, 2])]) }
    guard let profile = session.currentProfile else {
      Issue.record("nothing was measured")
      return
    }
    #expect(profile.runCount == 3)
    #expect(profile.entries.map(\.operatorName) == ["Relu", "NonZero"])
    #expect(profile.entries.map(\.runCount) == [3, 3])
  }

  /// Nodes of another plan have been measured in fewer runs.
  @Test func aProfileBeginsAnewWithOtherShapes() throws {
    let program = try Program(
      Model(
        graph: Graph(
          inputs: [ValueInfo("x", .float32, ["N"])], outputs: [ValueInfo("y", .float32, ["N"])],
          nodes: [Node("Relu", inputs: ["x"], outputs: ["y"])])))
    var session = Session(program)
    session.startProfile()
    for count in [2, 2, 2, 5, 5] {
      _ = try session.run(["x": Tensor([Float](repeating: 1, count: count))])
    }
    let current = session.currentProfile
    let profile = try #require(current)
    #expect(profile.runCount == 5)
    #expect(profile.entries.map(\.runCount) == [2])
  }

  @Test func faultsInsideGraphsAreNamed() throws {
    let branch = graph(
      [], [ValueInfo("t", .float32, nil)], [Node("Nonsense", inputs: ["x"], outputs: ["t"])])
    let model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, [1]), ValueInfo("c", .bool, [])],
        outputs: [ValueInfo("y", .float32, nil)],
        nodes: [
          Node(
            "If", inputs: ["c"], outputs: ["y"],
            attributes: ["then_branch": branch, "else_branch": branch])
        ]))
    do {
      _ = try Program(model)
      Issue.record("an unknown operator was accepted")
    } catch {
      #expect(error.code == .unknownOperator)
      #expect("\(error)".contains("Nonsense"))
    }
  }
}

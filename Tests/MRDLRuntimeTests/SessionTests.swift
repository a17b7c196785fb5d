import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLRuntime
import SampleModels
import Testing

@Suite struct SessionTests {
  private func model(
    _ inputs: [ValueInfo], _ outputs: [ValueInfo], _ nodes: [Node],
    tensors: [ModelTensor] = []
  ) throws -> Model {
    Model(
      graph: Graph(inputs: inputs, outputs: outputs, nodes: nodes),
      tensors: try TensorTable(tensors))
  }

  private func floats(_ tensor: Tensor?) -> [Float] { tensor?.elements(as: Float.self) ?? [] }

  private func x(_ values: Float...) -> Tensor { Tensor(values) }

  @Test func sumsOfInputsAndConstants() throws {
    let model = try model(
      [ValueInfo("x", .float32, ["N"])], [ValueInfo("y", .float32, ["N"])],
      [plus("x", "c", "a"), plus("a", "x", "b"), plus("b", "a", "y")],
      tensors: [ModelTensor("c", x(1, 2))])
    var session = Session(try Program(model, operators: .testing))
    let first = try session.run(["x": x(10, 20)])
    #expect(floats(first["y"]) == [32, 64])
    let second = try session.run(["x": x(0, 1)])
    #expect(floats(second["y"]) == [2, 7])
    #expect(floats(first["y"]) == [32, 64])
  }

  /// What is kept for the next step may be all that a graph asks of attention.
  @Test(arguments: [1, 3]) func attentionWithoutItsFirstOutput(_ output: Int) throws {
    let heads: SymbolicShape = [1, 2, 3, 4]
    let names = ["q", "k", "v"]
    func outputs(_ needed: Set<Int>) -> [String] {
      (0..<4).map { needed.contains($0) ? "y\($0)" : "" }
    }
    func answer(_ needed: Set<Int>) throws -> Tensor? {
      let model = try model(
        names.map { ValueInfo($0, .float32, heads) }, [ValueInfo("y\(output)", .float32, nil)],
        [Node("Attention", inputs: names, outputs: outputs(needed))])
      var session = Session(try Program(model))
      return try session.run(
        Dictionary(
          uniqueKeysWithValues: names.enumerated().map { index, name in
            (name, PassCase.numbers([1, 2, 3, 4], seed: UInt32(index + 1)))
          }))["y\(output)"]
    }
    let alone = try answer([output])
    if output == 1 { #expect(floats(alone) == floats(PassCase.numbers([1, 2, 3, 4], seed: 2))) }
    #expect(floats(alone) == floats(try answer([0, output])))
    #expect(floats(alone).contains { $0 != 0 })
  }

  @Test func inputsAreNeverWritten() throws {
    let model = try model(
      [ValueInfo("x", .float32, ["N"])], [ValueInfo("y", .float32, ["N"])],
      [plus("x", "x", "y")])
    var session = Session(try Program(model, operators: .testing))
    let input = x(1, 2, 3)
    _ = try session.run(["x": input])
    #expect(floats(input) == [1, 2, 3])
  }

  @Test func viewsShareMemoryAndOutputsMayBeInputsOrConstants() throws {
    let model = try model(
      [ValueInfo("x", .float32, ["N", 2])],
      [
        ValueInfo("flat", .float32, ["M"]), ValueInfo("x", .float32, ["N", 2]),
        ValueInfo("sum", .float32, ["M"]), ValueInfo("c", .float32, [1]),
      ],
      [
        Node("Reshape", inputs: ["x", "shape"], outputs: ["flat"]), plus("flat", "flat", "sum"),
      ],
      tensors: [
        ModelTensor("shape", Tensor([Int64(-1)])), ModelTensor("c", Tensor([Float(7)])),
      ])
    var session = Session(try Program(model, operators: .testing))
    let outputs = try session.run(["x": Tensor([Float(1), 2, 3, 4], shape: [2, 2])])
    #expect(outputs["flat"]?.shape == [4])
    #expect(floats(outputs["flat"]) == [1, 2, 3, 4])
    #expect(outputs["x"]?.shape == [2, 2])
    #expect(floats(outputs["sum"]) == [2, 4, 6, 8])
    #expect(floats(outputs["c"]) == [7])
  }

  @Test func aValueReadLaterIsNotOverwritten() throws {
    // "a" is read by the last node, so that no node between may work in its memory.
    let model = try model(
      [ValueInfo("x", .float32, ["N"])], [ValueInfo("y", .float32, ["N"])],
      [
        plus("x", "x", "a"), plus("a", "x", "b"), plus("b", "b", "c"), plus("c", "a", "y"),
      ])
    var session = Session(try Program(model, operators: .testing))
    #expect(floats(try session.run(["x": x(1, 5)])["y"]) == [8, 40])
  }

  @Test func aViewKeepsItsSourceAlive() throws {
    let model = try model(
      [ValueInfo("x", .float32, [2])],
      [ValueInfo("y", .float32, [2]), ValueInfo("v", .float32, [2, 1])],
      [
        plus("x", "x", "a"), Node("Reshape", inputs: ["a", "shape"], outputs: ["v"]),
        plus("a", "x", "b"), plus("b", "x", "y"),
      ],
      tensors: [ModelTensor("shape", Tensor([Int64(2), 1]))])
    var session = Session(try Program(model, operators: .testing))
    let outputs = try session.run(["x": x(1, 2)])
    #expect(floats(outputs["v"]) == [2, 4])
    #expect(floats(outputs["y"]) == [4, 8])
  }

  @Test func shapesThatDependOnInputContent() throws {
    let model = try model(
      [ValueInfo("x", .float32, ["N"]), ValueInfo("n", .int64, [1])],
      [ValueInfo("y", .float32, ["M"])],
      [Node("Prefix", domain: "test", inputs: ["x", "n"], outputs: ["y"])])
    var session = Session(try Program(model, operators: .testing))
    let input = x(1, 2, 3, 4)
    #expect(floats(try session.run(["x": input, "n": Tensor([Int64(2)])])["y"]) == [1, 2])
    #expect(floats(try session.run(["x": input, "n": Tensor([Int64(3)])])["y"]) == [1, 2, 3])
    #expect(floats(try session.run(["x": input, "n": Tensor([Int64(2)])])["y"]) == [1, 2])
  }

  @Test func stateFeedsTheNextRun() throws {
    var model = try model(
      [ValueInfo("x", .float32, ["N"]), ValueInfo("before", .float32, ["N"])],
      [ValueInfo("after", .float32, ["N"])], [plus("x", "before", "after")])
    model.state = [StateBinding(output: "after", input: "before")]
    var session = Session(try Program(model, operators: .testing))
    #expect(floats(try session.run(["x": x(1, 2)])["after"]) == [1, 2])
    #expect(floats(try session.run(["x": x(10, 10)])["after"]) == [11, 12])
    session.resetState()
    #expect(floats(try session.run(["x": x(5, 5)])["after"]) == [5, 5])
  }

  @Test func wrongInputsAreRefused() throws {
    let model = try model(
      [ValueInfo("x", .float32, ["N", 2]), ValueInfo("z", .float32, ["N", 2])],
      [ValueInfo("y", .float32, ["N", 2])], [plus("x", "z", "y")])
    let program = try Program(model, operators: .testing)
    func code(_ inputs: [String: Tensor]) -> FindingCode? {
      var session = Session(program)
      do {
        _ = try session.run(inputs)
        return nil
      } catch {
        return error.code
      }
    }
    let good = Tensor([Float(1), 2], shape: [1, 2])
    #expect(code(["x": good, "z": good]) == nil)
    #expect(code(["x": good]) == .missingInput)
    #expect(code(["x": good, "w": good]) == .unknownInput)
    #expect(code(["x": good, "z": x(1, 2)]) == .wrongInput)
    #expect(code(["x": good, "z": Tensor([Double(1), 2], shape: [1, 2])]) == .wrongInput)
    #expect(code(["x": good, "z": Tensor(zeros: [2, 2])]) == .wrongInput)
  }

  @Test func unsoundGraphsAreRefused() throws {
    let x = ValueInfo("x", .float32, ["N"])
    let y = ValueInfo("y", .float32, ["N"])
    func code(_ nodes: [Node]) throws -> FindingCode? {
      let model = try model([x], [y], nodes)
      do {
        _ = try Program(model, operators: .testing)
        return nil
      } catch {
        return error.code
      }
    }
    #expect(try code([plus("x", "x", "y")]) == nil)
    #expect(try code([plus("x", "missing", "y")]) == .undefinedValue)
    #expect(
      try code([plus("x", "b", "a"), plus("a", "x", "b"), plus("a", "b", "y")]) == .cyclicGraph)
    #expect(try code([plus("x", "x", "x")]) == .duplicateName)
    #expect(try code([plus("x", "x", "z")]) == .undefinedOutput)
    #expect(try code([Node("Nonsense", inputs: ["x"], outputs: ["y"])]) == .unknownOperator)
    #expect(
      try code([
        Node("Identity", inputs: ["x"], outputs: ["y"], attributes: ["size": .integer(1)])
      ]) == .badAttribute)
    #expect(try code([Node("Identity", inputs: ["x", "x"], outputs: ["y"])]) == .wrongInputCount)
  }

  @Test func constantsAreFoldedAndDeadCodeIsRemoved() throws {
    let model = try model(
      [ValueInfo("x", .float32, [2])], [ValueInfo("y", .float32, [2])],
      [
        plus("c", "c", "d"), plus("d", "c", "e"), plus("x", "x", "dead"), plus("x", "e", "y"),
      ],
      tensors: [ModelTensor("c", x(1, 2))])
    for disabled in [[], GraphPasses.names] {
      let options = ProgramOptions(disabledPasses: Set(disabled))
      var session = Session(try Program(model, options: options, operators: .testing))
      session.startProfile()
      #expect(floats(try session.run(["x": x(1, 1)])["y"]) == [4, 7])
      try session.run()
      let names = session.currentProfile?.entries.map(\.operatorName) ?? []
      #expect(names.count == (disabled.isEmpty ? 1 : 2))
    }
  }

  @Test func manySessionsShareAProgram() async throws {
    let model = try model(
      [ValueInfo("x", .float32, ["N"])], [ValueInfo("y", .float32, ["N"])],
      [plus("x", "c", "a"), plus("a", "a", "y")],
      tensors: [ModelTensor("c", Tensor([Float](repeating: 1, count: 100)))])
    let program = try Program(model, operators: .testing)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          var session = Session(program)
          let input = Tensor([Float](repeating: Float(task), count: 100))
          for _ in 0..<50 {
            let y = try session.run(["x": input])["y"]
            if y?.elements(as: Float.self) != [Float](repeating: Float(2 * task + 2), count: 100) {
              return false
            }
          }
          return true
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }

  @Test func tooMuchWorkingMemoryIsRefused() throws {
    let model = try model(
      [ValueInfo("x", .float32, ["N"])], [ValueInfo("y", .float32, ["N"])],
      [plus("x", "x", "y")])
    var session = Session(
      try Program(model, operators: .testing), options: SessionOptions(workingByteLimit: 1000))
    #expect(floats(try session.run(["x": x(1)])["y"]) == [2])
    let error = #expect(throws: MRDLError.self) {
      _ = try session.run(["x": Tensor(zeros: [10_000])])
    }
    #expect(error?.code == .workingMemoryExceeded)
  }

  @Test func goldenVectorsAreRunAndCompared() throws {
    let model = try model(
      [ValueInfo("x", .float32, ["N"])], [ValueInfo("y", .float32, ["N"])],
      [Node("Identity", inputs: ["x"], outputs: ["y"])])
    var golden = model
    try golden.addGoldenVector("one", inputs: ["x": x(1, 2)])
    let sound = Diagnostics()
    try GoldenCheck.run(golden, program: try Program(golden), diagnostics: sound)
    #expect(sound.findings.isEmpty)
    golden.tensors["golden/one/y"] = ModelTensor("golden/one/y", x(1, 2.1))
    let unsound = Diagnostics()
    let results = try GoldenCheck.run(golden, program: try Program(golden), diagnostics: unsound)
    #expect(unsound.findings.map(\.code) == [.goldenMismatch])
    #expect(results.first?.wrongCount == 1)
  }

  @Test func goldenVectorsOfSequencesAreRunAndCompared() throws {
    var model = SampleModels.values()
    let sound = Diagnostics()
    let results = try GoldenCheck.run(model, program: try Program(model), diagnostics: sound)
    #expect(sound.findings.isEmpty)
    #expect(results.map(\.elementCount) == [3, 1, 2])

    // What a tensor is called does not matter, and one that is in the way stays.
    model.tensors["golden/second/parts/1"] = ModelTensor("golden/second/parts/1", x(9))
    try model.addGoldenVector(
      "second",
      values: [
        "parts": .sequence(of: [x(1), x(2, 3)]), "rest": .sequence([]), "one": .optional(nil),
      ])
    #expect(
      model.goldenVectors[1].inputs == [
        "parts": .sequence(["golden/second/parts/0", "golden/second/parts/1 (2)"]),
        "rest": .sequence([]), "one": .absent,
      ])
    #expect(model.goldenVectors[1].outputs["same"] == .absent)
    try GoldenCheck.run(model, program: try Program(model), diagnostics: sound)
    #expect(sound.findings.isEmpty)

    for wrong: GoldenValue in [.sequence([]), .sequence(["golden/parts/0", "golden/parts/0"])] {
      var other = model
      other.goldenVectors[0].outputs["copy"] = wrong
      let unsound = Diagnostics()
      try GoldenCheck.run(other, program: try Program(other), diagnostics: unsound)
      #expect(unsound.findings.map(\.code) == [.goldenMismatch])
    }
    model.removeGoldenVectors { $0.name == "first" }
    #expect(!model.tensors.names.contains("golden/one"))
    #expect(model.tensors.names.contains("golden/second/parts/0"))
  }
}

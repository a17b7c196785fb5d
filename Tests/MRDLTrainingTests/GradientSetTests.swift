import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLTraining
import Testing

/// Which operators have gradients, which have none, and what is said of the others.
@Suite struct GradientSetTests {
  private let set = GradientSet.standard

  @Test func everyOperatorHasARuleOrAReason() {
    for key in OperatorSet.standard.names {
      let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
      let (domain, name) = parts.count == 2 ? (parts[0], parts[1]) : ("", key)
      let answers = [
        set.rule(for: name, domain: domain) != nil, set.isConstant(name, domain: domain),
        set.refusal(of: name, domain: domain) != nil,
      ]
      #expect(
        answers.count { $0 } == 1,
        "\(key) must have a rule, or be declared constant, or be refused with a reason")
    }
  }

  /// A model whose loss is made of one operator of a parameter.
  private func error(
    _ nodes: [Node], _ inputs: [String: Shape], isFlagGiven: Bool = false
  ) -> MRDLError? {
    var model = Model(
      graph: Graph(
        inputs: inputs.map { ValueInfo($0.key, .float64, SymbolicShape($0.value)) }
          + (isFlagGiven ? [ValueInfo("given", .bool, [])] : []),
        nodes: nodes + [
          Node("ReduceSum", inputs: ["y"], outputs: ["loss"], attributes: ["keepdims": .integer(0)])
        ]))
    model.graph.outputs = [ValueInfo("loss", .float64, SymbolicShape(.scalar))]
    do {
      _ = try model.differentiated(loss: "loss", withRespectTo: ["x"])
      return nil
    } catch {
      return error
    }
  }

  @Test func whatHasNoDerivativeIsNamed() {
    let found = error([Node("Hardmax", inputs: ["x"], outputs: ["y"])], ["x": [2, 3]])
    #expect(found?.code == .noGradient)
    #expect("\(found.map { "\($0)" } ?? "")".contains("Hardmax"), "\(String(describing: found))")
    #expect("\(found.map { "\($0)" } ?? "")".contains("does not depend"))
  }

  @Test func whatHasNoDerivativeIsAConstantBesideWhatHas() throws {
    let check = GradientCheck(
      inputs: [("x", GradientCheck.distinct([2, 3], seed: 1))],
      nodes: [
        Node("Hardmax", inputs: ["x"], outputs: ["h"]),
        Node("Mul", inputs: ["h", "x"], outputs: ["y"]),
      ], output: "y")
    #expect(try check.largestRelativeError(outputShape: [2, 3]) < 1e-6)
  }

  @Test func whatIsRefusedSaysWhy() {
    let joined = error(
      [
        Node("SequenceConstruct", inputs: ["x"], outputs: ["s"]),
        Node(
          "ConcatFromSequence", inputs: ["s"], outputs: ["y"], attributes: ["axis": .integer(0)]),
      ], ["x": [2]])
    #expect(joined?.code == .noGradient, "\(String(describing: joined))")
    #expect(joined?.message.contains("not sequences") == true)
    func branch(_ name: String) -> AttributeValue {
      .graph(
        Graph(
          outputs: [ValueInfo("b", .float64, [2])],
          nodes: [Node(name, inputs: ["x"], outputs: ["b"])]))
    }
    let node = Node(
      "If", inputs: ["flag"], outputs: ["y"],
      attributes: ["then_branch": branch("Abs"), "else_branch": branch("Neg")])
    // What a graph inside a node captures is not overlooked.
    let found = error(
      [Node("Not", inputs: ["given"], outputs: ["flag"]), node], ["x": [2]], isFlagGiven: true)
    #expect(found?.code == .noGradient, "\(String(describing: found))")
    #expect(found?.message.contains("is data") == true, "\(String(describing: found))")
  }
}

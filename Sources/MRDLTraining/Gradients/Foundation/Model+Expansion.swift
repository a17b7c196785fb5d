internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension Model {
  /// The model with the nodes that depend on parameters, and whose operators have rules of expansion, written as
  /// others, and what is known of all its values.
  ///
  /// - Throws: `MRDL5004` for a node that cannot be written so, and an error of shape inference.
  func expanded(
    withRespectTo parameters: [String], gradients set: GradientSet, operators: OperatorSet
  ) throws(MRDLError) -> (model: Model, facts: [String: ValueFacts]) {
    var model = self
    var facts = try model.inferredFacts(operators)
    // What a node stands for may have rules of expansion too, but not without end.
    for _ in 0..<16 {
      let dependence = Dependence(model.graph, facts, set, parameters)
      var names = ValueNames(model)
      var nodes: [Node] = []
      var isExpanded = false
      for (index, node) in model.graph.nodes.enumerated() {
        guard dependence.needsGradient(node),
          let rule = set.rule(for: node.operatorName, domain: node.domain)
            as? any ExpansionRule.Type
        else {
          nodes.append(node)
          continue
        }
        var step = ExpansionStep(
          node: node, inputs: node.inputs.map { $0.isEmpty ? nil : facts[$0] },
          names: names, place: Place("/graph/nodes/\(index) (\(node.displayName))"))
        try rule.expand(&step)
        names = step.takeNames()
        nodes += step.nodes
        for tensor in step.tensors { model.tensors[tensor.info.name] = tensor }
        isExpanded = true
      }
      if !isExpanded { break }
      model.graph.nodes = nodes
      facts = try model.inferredFacts(operators)
    }
    return (model, facts)
  }

  private func inferredFacts(_ operators: OperatorSet) throws(MRDLError) -> [String: ValueFacts] {
    let diagnostics = Diagnostics()
    let inference = ShapeInference(self, operators: operators, diagnostics: diagnostics)
    try diagnostics.throwFirstError()
    return inference.facts
  }
}

/// Which values depend on parameters in a way that may have a derivative.
struct Dependence {
  private(set) var values: Set<String>
  /// The operators without derivatives that something dependent goes into.
  private(set) var ends: Set<String> = []
  private let set: GradientSet

  init(
    _ graph: Graph, _ facts: [String: ValueFacts], _ set: GradientSet, _ parameters: [String]
  ) {
    values = Set(parameters)
    self.set = set
    for node in graph.nodes where reads(node) {
      if set.isConstant(node.operatorName, domain: node.domain) {
        ends.insert(node.qualifiedOperatorName)
        continue
      }
      for output in node.outputs where facts[output]?.scalarType.isFloatingPoint ?? false {
        values.insert(output)
      }
    }
  }

  /// Whether residuals may have to pass through a node.
  func needsGradient(_ node: Node) -> Bool {
    !set.isConstant(node.operatorName, domain: node.domain)
      && reads(node) && node.outputs.contains { values.contains($0) }
  }

  /// Whether something dependent goes into a node or into a graph inside it.
  private func reads(_ node: Node) -> Bool {
    node.inputs.contains { values.contains($0) }
      || node.subgraphs.contains { !values.isDisjoint(with: $0.graph.capturedNames) }
  }
}

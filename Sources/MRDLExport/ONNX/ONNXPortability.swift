internal import MRDLCore
internal import MRDLModel

/// What the specification permits and common programs do not compute, said in other words.
struct ONNXPortability {
  private var takenNames: Set<String> = []

  /// The model with the same meaning.
  static func rewritten(_ model: Model) -> Model {
    var rewriting = ONNXPortability()
    rewriting.takenNames = model.tensors.names
    rewriting.takeNames(of: model.graph)
    var model = model
    model.graph = rewriting.rewritten(model.graph)
    return model
  }

  private mutating func takeNames(of graph: Graph) {
    takenNames.formUnion(graph.inputs.map(\.name))
    for node in graph.nodes {
      takenNames.formUnion(node.outputs)
      for (_, inner) in node.subgraphs { takeNames(of: inner) }
    }
  }

  private mutating func newName(_ name: String) -> String { takenNames.insertNew(name) }

  private mutating func rewritten(_ graph: Graph) -> Graph {
    var result = graph
    result.nodes = []
    for var node in graph.nodes {
      for (name, inner) in node.subgraphs { node.attributes[name] = .graph(rewritten(inner)) }
      if node.domain.isEmpty, ["RNN", "GRU", "LSTM"].contains(node.operatorName),
        case .integer(1)? = node.attributes["layout"]
      {
        result.nodes += stepsFirst(node)
      } else if node.domain.isEmpty, node.operatorName == "Resize",
        case .integers(let axes)? = node.attributes["axes"], let first = axes.first, first > 0,
        axes == Array(first..<(first + Int64(axes.count))), node.inputs.count == 4,
        !node.inputs[3].isEmpty
      {
        result.nodes += withAllSizes(node, first: first)
      } else {
        result.nodes.append(node)
      }
    }
    return result
  }

  /// Recurrent nodes with the batch first, which hardly any program computes, with the steps first.
  private mutating func stepsFirst(_ node: Node) -> [Node] {
    var node = node
    node.attributes["layout"] = nil
    var (before, after): ([Node], [Node]) = ([], [])
    // The input, then the states: [N, T, C] and [N, D, H].
    for index in [0, 5, 6] where index < node.inputs.count && !node.inputs[index].isEmpty {
      let name = newName(node.inputs[index] + ".steps_first")
      before.append(Self.transpose(node.inputs[index], name, [1, 0, 2]))
      node.inputs[index] = name
    }
    for (index, output) in node.outputs.enumerated() where !output.isEmpty {
      let name = newName(output + ".steps_first")
      after.append(Self.transpose(name, output, index == 0 ? [2, 0, 1, 3] : [1, 0, 2]))
      node.outputs[index] = name
    }
    return before + [node] + after
  }

  /// A Resize to the sizes of its last axes, with the sizes of all: what stands before is taken from the
  /// shape of the input.
  private mutating func withAllSizes(_ node: Node, first: Int64) -> [Node] {
    var node = node
    node.attributes["axes"] = nil
    let shape = newName(node.outputs[0] + ".shape")
    let sizes = newName(node.outputs[0] + ".sizes")
    let result = [
      Node(
        "Shape", inputs: [node.inputs[0]], outputs: [shape], attributes: ["end": .integer(first)]),
      Node(
        "Concat", inputs: [shape, node.inputs[3]], outputs: [sizes],
        attributes: ["axis": .integer(0)]),
    ]
    node.inputs[3] = sizes
    return result + [node]
  }

  private static func transpose(_ input: String, _ output: String, _ permutation: [Int64]) -> Node {
    Node(
      "Transpose", inputs: [input], outputs: [output], attributes: ["perm": .integers(permutation)])
  }
}

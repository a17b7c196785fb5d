/// Nodes in an order in which each reads only what stands before it, and the values at the border.
public struct Graph: Sendable, Hashable {
  public var name: String
  public var inputs: [ValueInfo]
  public var outputs: [ValueInfo]
  public var nodes: [Node]

  public init(
    name: String = "", inputs: [ValueInfo] = [], outputs: [ValueInfo] = [], nodes: [Node] = []
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.nodes = nodes
  }

  /// Whether there is nothing at all: the graph of a file that holds weights alone.
  public var isEmpty: Bool { inputs.isEmpty && outputs.isEmpty && nodes.isEmpty }

  /// Every node of the graph and of the graphs inside it.
  public var allNodeCount: Int {
    nodes.reduce(0) { count, node in
      count + 1 + node.subgraphs.reduce(0) { $0 + $1.graph.allNodeCount }
    }
  }

  /// Every name of a value in the graph and in the graphs inside it.
  package var allNames: Set<String> {
    var names = Set((inputs + outputs).map(\.name))
    for node in nodes {
      names.formUnion(node.inputs)
      names.formUnion(node.outputs)
      for (_, inner) in node.subgraphs { names.formUnion(inner.allNames) }
    }
    return names
  }

  /// The names that the graph reads from outside: tensors of the model, and for a graph inside
  /// another one the values of that one.
  public var capturedNames: Set<String> {
    var defined = Set(inputs.map(\.name))
    var captured: Set<String> = []
    for node in nodes {
      for input in node.inputs where !input.isEmpty && !defined.contains(input) {
        captured.insert(input)
      }
      for (_, graph) in node.subgraphs {
        captured.formUnion(graph.capturedNames.subtracting(defined))
      }
      for case .tensor(let name) in node.attributes.values { captured.insert(name) }
      defined.formUnion(node.outputs)
    }
    for output in outputs where !defined.contains(output.name) { captured.insert(output.name) }
    return captured
  }
}

public import MRDLCore
public import MRDLModel

extension ExpansionStep {
  /// Adds the nodes of a graph inside the node, with names of their own.
  ///
  /// - Parameter inputs: what goes into the graph, in the order of its inputs.
  /// - Returns: the outputs of the graph, in order.
  public mutating func inline(_ graph: Graph, inputs: [String]) -> [String] {
    var names: [String: String] = [:]
    for (info, value) in zip(graph.inputs, inputs) { names[info.name] = value }
    for node in graph.nodes {
      var copy = node.renamingInputs(names)
      copy.outputs = node.outputs.map { $0.isEmpty ? "" : makeName() }
      for (old, new) in zip(node.outputs, copy.outputs) where !old.isEmpty { names[old] = new }
      append(copy)
    }
    return graph.outputs.map { names[$0.name] ?? $0.name }
  }

  /// A graph inside the node.
  ///
  /// - Throws: `MRDL5004` where the attribute holds none.
  public func graph(_ name: String) throws(MRDLError) -> Graph {
    guard case .graph(let graph)? = node.attributes[name] else {
      throw refusal("the graph \"\(name)\" is missing")
    }
    return graph
  }
}

extension Node {
  /// The node with other names for what it reads, also inside its graphs, where those do not name their own values so.
  fileprivate func renamingInputs(_ names: [String: String]) -> Node {
    var node = self
    node.inputs = inputs.map { names[$0] ?? $0 }
    for (key, graph) in subgraphs {
      node.attributes[key] = .graph(graph.renamingCaptured(names))
    }
    return node
  }
}

extension Graph {
  fileprivate func renamingCaptured(_ names: [String: String]) -> Graph {
    var graph = self
    var names = names
    for input in inputs { names[input.name] = nil }
    for index in graph.nodes.indices {
      graph.nodes[index] = graph.nodes[index].renamingInputs(names)
      for output in graph.nodes[index].outputs { names[output] = nil }
    }
    for index in graph.outputs.indices {
      graph.outputs[index].name = names[graph.outputs[index].name] ?? graph.outputs[index].name
    }
    return graph
  }
}

internal import MRDLCore
internal import MRDLModel

/// A model whose nodes come to read other values, with names that nothing else has.
struct GraphRewriting {
  private(set) var model: Model
  /// What stays as it is, and why.
  private(set) var kept: [KeptPart] = []
  private var names: Set<String>
  /// Nodes that stand before all others.
  private var first: [Node] = []

  init(_ model: Model) {
    self.model = model
    names = model.tensors.names.union(model.graph.allNames)
  }

  /// Tensors that graphs inside nodes or outputs read: they keep their type.
  var capturedNames: Set<String> {
    var captured = Set(model.graph.outputs.map(\.name))
    for node in model.graph.nodes {
      for (_, graph) in node.subgraphs { captured.formUnion(graph.capturedNames) }
      for case .tensor(let name) in node.attributes.values { captured.insert(name) }
    }
    for binding in model.state {
      if let initial = binding.initial { captured.insert(initial) }
    }
    return captured
  }

  mutating func newName(_ wish: String) -> String { names.insertNew(wish, separator: ".") }

  mutating func keep(_ part: String, _ reason: String) {
    kept.append(KeptPart(name: part, reason: reason))
  }

  /// Adds a tensor under a name that nothing else has.
  mutating func addTensor(_ wish: String, _ tensor: Tensor) -> String {
    let name = newName(wish)
    model.tensors[name] = ModelTensor(name, tensor)
    return name
  }

  /// Adds a tensor whose name is new, or replaces the content of one whose name is not.
  mutating func store(_ info: TensorInfo, _ tensor: Tensor) {
    var stored = ModelTensor(info.name, tensor, axes: info.axes)
    stored.info.quantization = info.quantization
    model.tensors[info.name] = stored
  }

  /// A node before all others.
  mutating func addFirst(_ node: Node) { first.append(node) }

  mutating func replaceInput(_ input: Int, ofNode index: Int, by name: String) {
    model.graph.nodes[index].inputs[input] = name
  }

  /// Replaces all nodes, and puts those that stand before all others in their place.
  mutating func finish(_ nodes: [Node]? = nil) {
    model.graph.nodes = first + (nodes ?? model.graph.nodes)
    first = []
    removed.subtract(model.graph.capturedNames)
    removed.subtract(model.tensorNamesBesideGraph)
    let unneeded = removed
    model.tensors = TensorTable(filtering: model.tensors) { !unneeded.contains($0.info.name) }
  }

  /// Tensors to leave out where nothing reads them in the end.
  private var removed: Set<String> = []

  mutating func remove(tensor name: String) { removed.insert(name) }
}

/// A part of a model that is left in float32.
package struct KeptPart: Sendable, Hashable {
  /// The tensor or node.
  package let name: String
  package let reason: String
}

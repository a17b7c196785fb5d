internal import MRDLModel

/// Names for new values that no value has yet.
struct ValueNames {
  private var taken: Set<String>
  private var counts: [String: Int] = [:]

  /// Names beside those of a model.
  init(_ model: Model) {
    taken = model.tensors.names.union(model.graph.inputs.map(\.name))
    for node in model.graph.nodes { taken.formUnion(node.outputs) }
  }

  /// A name that begins with `stem`.
  mutating func make(_ stem: String) -> String {
    while true {
      let count = counts[stem, default: 0]
      counts[stem] = count + 1
      let name = "\(stem)_\(count)"
      if taken.insert(name).inserted { return name }
    }
  }
}

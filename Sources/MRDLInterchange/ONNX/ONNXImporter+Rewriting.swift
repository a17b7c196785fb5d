internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

// Operators and old forms of operators that ONNX's other operators say in several nodes.

extension ONNXImporter {
  /// The domain of operators that ONNX tries out.
  static let previewDomain = "ai.onnx.preview"

  /// GroupNormalization of operator set 18, which has a scale and a bias for each group: repeated for the
  /// channels of the group.
  mutating func rewriteGroupNormalization(_ node: Node) throws(MRDLError) -> [Node] {
    emitted = []
    var node = node
    let groups = integers([node.integer("num_groups", default: 1)])
    let perGroup = emit("Div", [extent(node.input(0), axis: 1), groups])
    let sizes = emit("Concat", [groups, perGroup], ["axis": .integer(0)])
    for index in 1..<min(node.inputs.count, 3) {
      let columns = emit("Expand", [unsqueeze(node.inputs[index], [1]), sizes])
      node.inputs[index] = reshape(columns, [-1])
    }
    defer { emitted = [] }
    return emitted + [node]
  }

  /// FlexAttention of `ai.onnx.preview`: softmax(scale · Q·Kᵀ)·V with graphs that change what stands between.
  mutating func rewriteFlexAttention(_ node: Node) throws(MRDLError) -> [Node] {
    emitted = []
    let (q, k, v) = (node.input(0), node.input(1), node.input(2))
    let known = facts[q]?.scalarType
    let precision = node.integer("softmax_precision", default: 0)
    let type =
      Int(exactly: precision).flatMap { ScalarType(onnxCode: $0) }
      ?? (known == .float64 ? .float64 : .float32)
    // Several heads of Q share one of K and V: [N, heads of K, heads of Q for each, …].
    let keyHeads = extent(k, axis: 1)
    let one = integers([-1])
    func grouped(_ value: String) -> String {
      let sizes = emit(
        "Concat",
        [extent(value, axis: 0), keyHeads, one, emit("Shape", [value], ["start": .integer(2)])],
        ["axis": .integer(0)])
      return emit("Reshape", [value, sizes])
    }
    func joined(_ value: String) -> String {
      let sizes = emit(
        "Concat",
        [extent(q, axis: 0), extent(q, axis: 1), emit("Shape", [value], ["start": .integer(3)])],
        ["axis": .integer(0)])
      return emit("Reshape", [value, sizes])
    }
    let (left, right) = (cast(q, to: type), cast(k, to: type))
    let product = emit(
      "MatMul", [grouped(left), unsqueeze(transpose(right, [0, 1, 3, 2]), [2])])
    var scores = joined(product)
    if case .float(let scale)? = node.attributes["scale"] {
      scores = emit("Mul", [scores, number(scale, like: scores)])
    } else {
      let size = cast(extent(q, axis: 3), to: type)
      scores = emit("Div", [scores, emit("Sqrt", [size])])
    }
    scores = try inlined("score_mod", of: node, scores)
    var probabilities = emit("Softmax", [scores], ["axis": .integer(-1)])
    probabilities = try inlined("prob_mod", of: node, probabilities)
    let weights = grouped(emit("CastLike", [probabilities, v]))
    let result = joined(emit("MatMul", [weights, unsqueeze(v, [2])]))
    emit("Identity", [result], to: node.outputs)
    defer { emitted = [] }
    return emitted
  }

  /// Adds the nodes of a graph of one input and one output, and gives the name of its output.
  private mutating func inlined(
    _ attribute: String, of node: Node, _ input: String
  ) throws(MRDLError) -> String {
    guard let value = node.attributes[attribute] else { return input }
    guard case .graph(let graph) = value, graph.inputs.count == 1, graph.outputs.count == 1 else {
      throw MRDLError(
        .badONNX, "attribute \"\(attribute)\" is not a graph of one input and one output",
        at: Place(node.displayName))
    }
    var names = [graph.inputs[0].name: input]
    for node in graph.nodes {
      for output in node.outputs where !output.isEmpty { names[output] = newName(output) }
    }
    for node in graph.nodes {
      let renamed = Self.renamed(node, names)
      emitted.append(renamed)
      facts.infer(renamed, tensors: tensors)
    }
    return names[graph.outputs[0].name] ?? graph.outputs[0].name
  }

  /// A node with other names for values, inside its graphs too.
  private static func renamed(_ node: Node, _ names: [String: String]) -> Node {
    var node = node
    node.inputs = node.inputs.map { names[$0] ?? $0 }
    node.outputs = node.outputs.map { names[$0] ?? $0 }
    for (name, graph) in node.subgraphs {
      var graph = graph
      // What a graph defines itself hides what has the same name outside.
      let own = Set(graph.inputs.map(\.name) + graph.nodes.flatMap(\.outputs))
      let visible = names.filter { !own.contains($0.key) }
      graph.nodes = graph.nodes.map { renamed($0, visible) }
      for index in graph.outputs.indices {
        let output = graph.outputs[index].name
        graph.outputs[index].name = visible[output] ?? output
      }
      node.attributes[name] = .graph(graph)
    }
    return node
  }
}

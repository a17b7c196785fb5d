package import MRDLCore
package import MRDLModel
package import MRDLOperators

/// What a model is made of: layers with shapes and costs, totals, inputs and outputs, card and history.
///
/// Shapes are symbolic where the model's are. Costs and memory are those of one sample: every name that
/// the inputs use for a dimension stands for 1, as a batch of one.
package struct ModelSummary: Sendable {
  /// One node of the graph.
  package struct Layer: Sendable {
    /// The name of the node, or its operator and output.
    package let name: String
    /// With its domain, unless that is ONNX's own.
    package let operatorName: String
    /// How many graphs the node lies inside of; 0 for a node of the model's own graph.
    package let depth: Int
    package let outputs: [Value]
    /// Learned numbers that no layer before uses.
    package let parameterCount: Int
    /// The bytes of those numbers as they are stored.
    package let parameterByteCount: Int
    /// nil where a shape is not known.
    package let cost: Cost?
    /// The bytes of the outputs; nil where a shape is not known.
    package let activationByteCount: Int?
  }

  /// A value with its type and shape, as far as they are known.
  package struct Value: Sendable, Hashable {
    package let name: String
    package let scalarType: ScalarType?
    package let shape: SymbolicShape?
  }

  /// Sums over all layers.
  package struct Totals: Sendable, Hashable {
    package var parameterCount = 0
    package var parameterByteCount = 0
    /// Layers without a known cost are left out.
    package var cost = Cost()
    package var activationByteCount = 0
    /// The most that is alive at one time, inputs included, where nothing shares memory.
    package var peakActivationByteCount = 0
    /// Layers whose shapes are not known, so that they are missing in the sums.
    package var unknownLayerCount = 0
  }

  package let model: Model
  package let layers: [Layer]
  package let totals: Totals
  /// What shape inference found wrong.
  package let findings: [Finding]

  package init(_ model: Model, operators: OperatorSet = .standard) {
    self.model = model
    let diagnostics = Diagnostics()
    let symbolic = ShapeInference(model, operators: operators, diagnostics: diagnostics)
    findings = diagnostics.findings
    var builder = LayerBuilder(
      model: model, symbolic: symbolic,
      concrete: ShapeInference(
        model, operators: operators, bindings: Self.singleSample(model),
        diagnostics: Diagnostics()))
    builder.append(model.graph, depth: 0)
    layers = builder.layers
    totals = builder.totals
  }

  /// 1 for every name that the inputs use for a dimension.
  private static func singleSample(_ model: Model) -> [String: Int] {
    var bindings: [String: Int] = [:]
    for input in model.graph.inputs {
      for case .symbolic(let name) in input.shape?.dimensions ?? [] { bindings[name] = 1 }
    }
    return bindings
  }
}

/// Walks the nodes of a graph and of those inside it.
private struct LayerBuilder {
  let model: Model
  let symbolic: ShapeInference
  let concrete: ShapeInference
  var layers: [ModelSummary.Layer] = []
  var totals = ModelSummary.Totals()
  private var counted: Set<String> = []

  init(model: Model, symbolic: ShapeInference, concrete: ShapeInference) {
    self.model = model
    self.symbolic = symbolic
    self.concrete = concrete
  }

  mutating func append(_ graph: Graph, depth: Int) {
    for (index, node) in graph.nodes.enumerated() {
      let (count, byteCount) = parameters(of: node)
      // Shapes are inferred for the outermost graph only.
      let cost = depth == 0 ? cost(of: node, index) : nil
      let activationByteCount = depth == 0 ? byteCountOfOutputs(node) : nil
      totals.parameterCount += count
      totals.parameterByteCount += byteCount
      if let cost { totals.cost = totals.cost + cost }
      totals.activationByteCount = Cost.sum(totals.activationByteCount, activationByteCount ?? 0)
      if activationByteCount == nil { totals.unknownLayerCount += 1 }
      layers.append(
        ModelSummary.Layer(
          name: node.displayName, operatorName: node.qualifiedOperatorName, depth: depth,
          outputs: node.outputs.filter { !$0.isEmpty }.map { name in
            let facts = depth == 0 ? symbolic.facts[name] : nil
            return ModelSummary.Value(
              name: name, scalarType: facts?.scalarType, shape: facts?.shape)
          }, parameterCount: count, parameterByteCount: byteCount, cost: cost,
          activationByteCount: activationByteCount))
      for (_, subgraph) in node.subgraphs { append(subgraph, depth: depth + 1) }
    }
    if depth == 0 { totals.peakActivationByteCount = peakByteCount(graph) }
  }

  /// Numbers that a node reads and that were learned: whole numbers of 32 and 64 bits are axes, shapes and
  /// the like. A tensor that several nodes share is counted once.
  private mutating func parameters(of node: Node) -> (count: Int, byteCount: Int) {
    var count = 0
    var byteCount = 0
    var names = node.inputs
    for case .tensor(let name) in node.attributes.values { names.append(name) }
    for name in names {
      guard let info = model.tensors[name]?.info, counted.insert(name).inserted else { continue }
      switch info.scalarType {
      case .int32, .int64, .uint32, .uint64: continue
      default: break
      }
      count += info.shape.elementCount
      byteCount += info.byteCount ?? 0
    }
    return (count, byteCount)
  }

  private func cost(of node: Node, _ index: Int) -> Cost? {
    guard index < concrete.operators.count, let op = concrete.operators[index] else { return nil }
    let inputs = node.inputs.map { concrete.facts[$0] }
    let outputs = node.outputs.map { concrete.facts[$0] }
    let names = zip(node.inputs, inputs).map { ($0, $1) } + zip(node.outputs, outputs)
    guard names.allSatisfy({ $0.isEmpty || $1?.concreteShape != nil }) else { return nil }
    return op.cost(inputs: inputs, outputs: outputs)
  }

  private func byteCountOfOutputs(_ node: Node) -> Int? {
    var sum = 0
    for name in node.outputs where !name.isEmpty {
      guard let byteCount = byteCount(of: name) else { return nil }
      sum = Cost.sum(sum, byteCount)
    }
    return sum
  }

  private func byteCount(of name: String) -> Int? {
    guard let facts = concrete.facts[name], let shape = facts.concreteShape else { return nil }
    return facts.scalarType.byteCount(elementCount: shape.elementCount)
  }

  /// Values live from the node that produces them to the last that reads them.
  private func peakByteCount(_ graph: Graph) -> Int {
    var lastUse: [String: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for name in node.inputs { lastUse[name] = index }
      for (_, subgraph) in node.subgraphs {
        for name in subgraph.capturedNames { lastUse[name] = index }
      }
    }
    for output in graph.outputs { lastUse[output.name] = graph.nodes.count }
    var live = graph.inputs.reduce(0) { Cost.sum($0, byteCount(of: $1.name) ?? 0) }
    var peak = live
    for (index, node) in graph.nodes.enumerated() {
      let outputs = Set(node.outputs.filter { !$0.isEmpty })
      live = outputs.reduce(live) { Cost.sum($0, byteCount(of: $1) ?? 0) }
      peak = max(peak, live)
      let read = Set(node.inputs).union(outputs)
      for name in read where model.tensors[name] == nil && (lastUse[name] ?? index) == index {
        live -= byteCount(of: name) ?? 0
      }
    }
    return peak
  }
}

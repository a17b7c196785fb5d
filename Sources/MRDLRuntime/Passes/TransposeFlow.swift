internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// A graph that is rewritten from its inputs to its outputs with transposes held back: a value whose
/// transpose is pending is not made until something needs it as it is.
struct TransposeFlow {
  /// What a value is in terms of one that is there.
  enum Pending {
    /// A transpose.
    case transpose(source: Int, AxisOrder)
    /// A matrix whose columns are those of another one in another order: the source was flattened behind
    /// its first axis without the transpose. `extents` are those of the transpose, from axis 1 on.
    case columns(source: Int, AxisOrder, extents: [Int])
  }

  private(set) var graph: ProgramGraph
  private(set) var facts: [ValueFacts?]
  private var pending: [Int: Pending] = [:]
  private var replacements: [Int: Int] = [:]
  private let captured: Set<Int>

  init(_ graph: ProgramGraph) {
    self.graph = graph
    self.graph.instructions = []
    facts = graph.inferredFacts()
    captured = graph.capturedValues
  }

  /// The transpose that stands between a value and one that is there.
  func transpose(of value: Int?) -> (source: Int, order: AxisOrder)? {
    guard let value, case .transpose(let source, let order)? = pending[value] else { return nil }
    return (source, order)
  }

  /// The order of columns that stands between a value and one that is there.
  func columns(of value: Int?) -> (source: Int, order: AxisOrder, extents: [Int])? {
    guard let value, case .columns(let source, let order, let extents)? = pending[value] else {
      return nil
    }
    return (source, order, extents)
  }

  // MARK: Walking

  mutating func take(_ original: ProgramGraph.Instruction) throws(MRDLError) {
    var instruction = original
    instruction.inputs = original.inputs.map { $0.map { replacements[$0] ?? $0 } }
    let isFree = instruction.outputs.allSatisfy { $0.map { !captured.contains($0) } ?? true }
    if isFree, instruction.op.asValueOperator == nil {
      if let op = instruction.op as? Transpose, hold(op, instruction) { return }
      if instruction.inputs.contains(where: { $0.map { pending[$0] != nil } ?? false }),
        try push(instruction)
      {
        return
      }
    }
    for value in instruction.reads { try materialise(value) }
    graph.instructions.append(instruction)
  }

  /// Makes the outputs of the graph.
  mutating func finish() throws(MRDLError) {
    graph.outputs = graph.outputs.map { replacements[$0] ?? $0 }
    for output in graph.outputs { try materialise(output) }
  }

  /// Holds a transpose back; false where its order is not known.
  private mutating func hold(_ op: Transpose, _ instruction: ProgramGraph.Instruction) -> Bool {
    guard let input = instruction.inputs[0], let output = instruction.outputs[0],
      let rank = op.permutation?.count ?? facts[input]?.rank, columns(of: input) == nil
    else { return false }
    let own = AxisOrder(op.permutation ?? Array((0..<rank).reversed()))
    let (source, order) = transpose(of: input) ?? (input, AxisOrder(Array(0..<rank)))
    let both = order.followed(by: own)
    if both.isIdentity {
      replacements[output] = source
    } else {
      pending[output] = .transpose(source: source, both)
    }
    return true
  }

  // MARK: Building

  mutating func emit(_ instruction: ProgramGraph.Instruction) {
    graph.instructions.append(instruction)
  }

  mutating func hold(_ value: Int, as waiting: Pending) { pending[value] = waiting }

  /// Lets what reads a value read another one.
  mutating func replace(_ value: Int, by other: Int) { replacements[value] = other }

  /// Adds a value with the facts of another one, its axes put back into the order of a source.
  mutating func addValue(for value: Int, before order: AxisOrder) -> Int {
    var known = facts[value]
    if let shape = known?.shape {
      known?.shape = shape.rank == order.rank ? order.inverse.applied(to: shape) : nil
    }
    return addValue(for: value, known)
  }

  mutating func addValue(for value: Int, _ known: ValueFacts?) -> Int {
    facts.append(known)
    return graph.addValue(name: "\(graph.values[value].name)/reordered")
  }

  mutating func addConstant(_ tensor: Tensor, for name: String) -> Int {
    facts.append(ValueFacts(constant: tensor))
    return graph.addConstant(tensor, name: "\(name)/reordered")
  }

  /// Makes a value that something needs as it is.
  mutating func materialise(_ value: Int) throws(MRDLError) {
    guard let waiting = pending.removeValue(forKey: value) else { return }
    let name = graph.values[value].name
    switch waiting {
    case .transpose(let source, let order):
      if let shape = facts[source]?.shape, shape.rank == order.rank, order.keepsElements(of: shape),
        let target = Self.reshapeTarget(order.applied(to: shape))
      {
        try emitReshape(source, to: target, value)
      } else {
        emit(
          try .make(
            Transpose.self, attributes: ["perm": .integers(order.axes.map { Int64($0) })],
            inputs: [source], outputs: [value], name))
      }
    case .columns(let source, let order, let extents):
      let inner = order.inverse.axes.dropFirst().map { extents[$0 - 1] }
      let whole = addValue(for: value, nil)
      try emitReshape(source, to: [-1] + inner, whole)
      let transposed = addValue(for: value, nil)
      emit(
        try .make(
          Transpose.self, attributes: ["perm": .integers(order.axes.map { Int64($0) })],
          inputs: [whole], outputs: [transposed], name))
      try emitReshape(transposed, to: [-1, extents.reduce(1, *)], value)
    }
  }

  /// Makes a value that is another one in another shape.
  mutating func emitReshape(
    _ source: Int, to target: [Int], _ value: Int
  ) throws(MRDLError) {
    let name = graph.values[value].name
    let shape = addConstant(Tensor(target.map { Int64($0) }), for: "\(name)/shape")
    emit(
      try .make(Reshape.self, attributes: [:], inputs: [source, shape], outputs: [value], name))
  }

  /// A shape as Reshape takes it, with -1 for the one extent that is not known.
  static func reshapeTarget(_ shape: SymbolicShape) -> [Int]? {
    let unknown = shape.dimensions.count { $0.value == nil }
    guard unknown <= 1, unknown == 0 || !shape.dimensions.contains(0) else { return nil }
    return shape.dimensions.map { $0.value ?? -1 }
  }
}

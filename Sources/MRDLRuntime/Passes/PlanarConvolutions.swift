internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// The convolutions of few channels that are better computed in planes than in blocks: those whose input
/// stands in planes, and whose output is not put into blocks before pooling has made it smaller.
struct PlanarConvolutions {
  private let graph: ProgramGraph
  private let readers: [Int: [ProgramGraph.Instruction]]
  private let facts: [ValueFacts?]
  private var outputs: Set<Int> = []

  init(_ graph: ProgramGraph) {
    self.graph = graph
    // Most graphs have none, and need no shapes for it.
    guard graph.instructions.contains(where: { Self.suits($0, graph) }) else {
      (readers, facts) = ([:], [])
      return
    }
    facts = graph.inferredFacts()
    readers = graph.instructions.reduce(into: [:]) { readers, instruction in
      for value in Set(instruction.reads) { readers[value, default: []].append(instruction) }
    }
    for instruction in graph.instructions.reversed() {
      if let output = Self.output(instruction),
        Self.suits(instruction, graph, width: facts[output]?.shape?.dimensions.last?.value),
        staysInPlanes(output)
      {
        outputs.insert(output)
      }
    }
    var planes = Set(graph.inputs)
    for instruction in graph.instructions {
      let standInPlanes = variables(instruction).allSatisfy(planes.contains)
      let goesOn = contains(instruction) || !(instruction.op.unfused is Conv)
      if (standInPlanes && goesOn) || !takesBlocks(instruction) {
        planes.formUnion(instruction.outputs.compactMap(\.self))
      } else if let output = Self.output(instruction) {
        outputs.remove(output)
      }
    }
  }

  func contains(_ instruction: ProgramGraph.Instruction) -> Bool {
    Self.output(instruction).map(outputs.contains) ?? false
  }

  private static func output(_ instruction: ProgramGraph.Instruction) -> Int? {
    instruction.outputs.first ?? nil
  }

  /// The inputs that are no constants.
  private func variables(_ instruction: ProgramGraph.Instruction) -> [Int] {
    instruction.reads.filter { graph.values[$0].constant == nil }
  }

  /// Whether an instruction is a convolution of few channels.
  ///
  /// - Parameter width: of its output; nil where it is not known.
  private static func suits(
    _ instruction: ProgramGraph.Instruction, _ graph: ProgramGraph, width: Int? = nil
  ) -> Bool {
    guard let convolution = instruction.op.unfused as? Conv,
      let weights = instruction.inputs[1].flatMap({ graph.values[$0].constant }),
      weights.scalarType == .float32, weights.shape.rank == 4, weights.elementCount > 0
    else { return false }
    return convolution.suitsPlanes(weights: weights.shape, outputWidth: width)
  }

  /// Whether those that read a value leave it in planes, as far as it is not pooled before.
  private func staysInPlanes(_ value: Int) -> Bool {
    var pending = [(value: value, isPooled: false)]
    while let (value, isPooled) = pending.popLast() {
      for reader in readers[value] ?? [] {
        guard takesBlocks(reader) else { continue }
        if let convolution = reader.op.unfused as? Conv {
          let goesOn = convolution.group == 1 && reader.inputs[0] == value
          guard goesOn, isPooled || contains(reader) else { return false }
        } else {
          guard variables(reader) == [value], let output = Self.output(reader) else { return false }
          pending.append((output, isPooled || reader.op is any PoolingOperator))
        }
      }
    }
    return true
  }

  /// Whether an instruction would take its inputs in blocks if they were.
  private func takesBlocks(_ instruction: ProgramGraph.Instruction) -> Bool {
    let request = graph.blockingRequest(
      instruction, width: .wide,
      channels: { value in
        guard graph.values[value].constant == nil, let shape = facts[value]?.shape, shape.rank == 4
        else { return nil }
        return shape[1].value
      }, needs: { _ in true })
    return instruction.op.blocked(request) != nil
  }
}

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
    facts = graph.inferredFacts()
    readers = graph.instructions.reduce(into: [:]) { readers, instruction in
      for value in Set(instruction.reads) { readers[value, default: []].append(instruction) }
    }
    for instruction in graph.instructions.reversed() where isSuited(instruction) {
      if let output = instruction.outputs[0], staysInPlanes(output) { outputs.insert(output) }
    }
    var planes = Set(graph.inputs)
    for instruction in graph.instructions {
      let standInPlanes = variables(instruction).allSatisfy(planes.contains)
      let goesOn = contains(instruction) || Self.convolution(instruction) == nil
      if (standInPlanes && goesOn) || !takesBlocks(instruction) {
        planes.formUnion(instruction.outputs.compactMap(\.self))
      } else if let output = instruction.outputs[0] {
        outputs.remove(output)
      }
    }
  }

  func contains(_ instruction: ProgramGraph.Instruction) -> Bool {
    instruction.outputs.first.flatMap(\.self).map(outputs.contains) ?? false
  }

  private static func convolution(_ instruction: ProgramGraph.Instruction) -> Conv? {
    ((instruction.op as? FusedOperator)?.base ?? instruction.op) as? Conv
  }

  /// The inputs that are no constants.
  private func variables(_ instruction: ProgramGraph.Instruction) -> [Int] {
    instruction.reads.filter { graph.values[$0].constant == nil }
  }

  private func isSuited(_ instruction: ProgramGraph.Instruction) -> Bool {
    guard let convolution = Self.convolution(instruction),
      let weights = instruction.inputs[1].flatMap({ graph.values[$0].constant }),
      weights.scalarType == .float32, weights.shape.rank == 4, weights.elementCount > 0
    else { return false }
    let shape = instruction.outputs[0].flatMap { facts[$0]?.shape }
    return convolution.suitsPlanes(weights: weights.shape, outputWidth: shape?[3].value)
  }

  /// Whether those that read a value leave it in planes, as far as it is not pooled before.
  private func staysInPlanes(_ value: Int, isPooled: Bool = false) -> Bool {
    (readers[value] ?? []).allSatisfy { reader in
      if let convolution = Self.convolution(reader) {
        return convolution.group == 1 && reader.inputs[0] == value
          && (isPooled || contains(reader))
      }
      if !takesBlocks(reader) { return true }
      guard variables(reader) == [value], let output = reader.outputs[0] else { return false }
      return staysInPlanes(output, isPooled: isPooled || reader.op is any PoolingOperator)
    }
  }

  /// Whether an instruction would take its inputs in blocks if they were.
  private func takesBlocks(_ instruction: ProgramGraph.Instruction) -> Bool {
    let inputs = instruction.inputs
    let request = BlockingRequest(
      hasInput: inputs.map { $0 != nil },
      inputs: inputs.map {
        $0.flatMap { graph.values[$0].constant }.map { ValueFacts(constant: $0) }
      },
      channels: inputs.map { input in
        guard let input, graph.values[input].constant == nil, let shape = facts[input]?.shape,
          shape.rank == 4
        else { return nil }
        return shape[1].value
      },
      needsOutput: instruction.outputs.map { $0 != nil }, width: .wide)
    return instruction.op.blocked(request) != nil
  }
}

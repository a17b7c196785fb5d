internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// Lets products, convolutions and sums end with what follows them: a bias, the sum with a residual, an
/// activation. A result is then written once and not read again.
enum FuseEpilogues: GraphPass {
  static let name = "fuse-epilogues"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var fusion = Fusion(graph)
    for instruction in graph.instructions { fusion.take(instruction) }
    graph.instructions = fusion.instructions
  }

  /// The instructions so far, each of which may still take in what follows it.
  private struct Fusion {
    private let graph: ProgramGraph
    private let facts: [ValueFacts?]
    private let readerCounts: [Int]
    private var kept: [ProgramGraph.Instruction?] = []
    /// The position in `kept` of what makes a value.
    private var producers: [Int: Int] = [:]

    init(_ graph: ProgramGraph) {
      self.graph = graph
      facts = graph.inferredFacts()
      readerCounts = graph.readerCounts()
    }

    var instructions: [ProgramGraph.Instruction] { kept.compactMap(\.self) }

    mutating func take(_ instruction: ProgramGraph.Instruction) {
      if takeActivation(instruction) || takeSum(instruction) { return }
      append(instruction)
    }

    private mutating func append(_ instruction: ProgramGraph.Instruction) {
      for case let output? in instruction.outputs { producers[output] = kept.count }
      kept.append(instruction)
    }

    /// What makes a value that nothing else reads, when more can follow it there.
    private func base(
      of value: Int?
    ) -> (position: Int, operator: any FusibleOperator, epilogue: Epilogue)? {
      guard let value, readerCounts[value] == 1, let position = producers[value],
        let producer = kept[position], producer.outputs == [value],
        let type = facts[value]?.scalarType, Set.floats.contains(type)
      else { return nil }
      if let fused = producer.op as? FusedOperator {
        return fused.epilogue.activation == .none ? (position, fused.base, fused.epilogue) : nil
      }
      return producer.op.asFusible.map { (position, $0, .none) }
    }

    // MARK: Activations

    private mutating func takeActivation(_ instruction: ProgramGraph.Instruction) -> Bool {
      guard let activation = activation(instruction),
        let (position, base, old) = base(of: instruction.inputs[0])
      else { return false }
      var epilogue = old
      epilogue.activation = activation
      fuse(instruction, into: position, as: FusedOperator(base, epilogue), [:])
      return true
    }

    /// The activation that a node applies to its first input.
    private func activation(_ instruction: ProgramGraph.Instruction) -> Activation? {
      if let op = instruction.op.asFunction { return Activation(op.function) }
      guard instruction.op is Clip else { return nil }
      var bounds = [-Double.infinity, .infinity]
      for index in 0..<2 {
        guard index + 1 < instruction.inputs.count, let bound = instruction.inputs[index + 1]
        else { continue }
        guard let number = facts[bound]?.number, !number.isNaN else { return nil }
        bounds[index] = number
      }
      return .clip(low: bounds[0], high: bounds[1])
    }

    // MARK: Sums

    private mutating func takeSum(_ instruction: ProgramGraph.Instruction) -> Bool {
      guard instruction.op is Add, let left = instruction.inputs[0],
        let right = instruction.inputs[1], left != right
      else { return false }
      // What is made later is fused, so that the other operand is there when it runs.
      let isOrdered = (producers[left] ?? -1) > (producers[right] ?? -1)
      let orders = [(left, right), (right, left)]
      for (value, addend) in isOrdered ? orders : orders.reversed() {
        guard let (position, base, old) = base(of: value) else { continue }
        if takesBias(addend, position, base) {
          let index = type(of: base).columnBiasInput
          fuse(instruction, into: position, as: FusedOperator(base, old), [index: addend])
          return true
        }
        guard type(of: base).takesResidual, !old.addsResidual, let result = facts[value],
          let added = facts[addend], added.hasProvenShape(of: result)
        else { continue }
        var epilogue = old
        epilogue.addsResidual = true
        let index = type(of: base).residualInput
        fuse(instruction, into: position, as: FusedOperator(base, epilogue), [index: addend])
        return true
      }
      return false
    }

    /// Whether a constant has a number for each column of a product with a constant matrix.
    private func takesBias(_ addend: Int, _ position: Int, _ base: any FusibleOperator) -> Bool {
      let index = type(of: base).columnBiasInput
      guard type(of: base).takesColumnBias, let producer = kept[position],
        producer.inputs.count <= index || producer.inputs[index] == nil,
        let right = producer.inputs[1], let matrix = graph.values[right].constant,
        matrix.shape.rank == 2, let result = producer.outputs[0],
        let bias = graph.values[addend].constant, bias.scalarType == matrix.scalarType,
        bias.shape.rank > 0, bias.shape.rank <= facts[result]?.rank ?? 0
      else { return false }
      let columns = matrix.shape[1]
      return bias.elementCount == columns && bias.shape[bias.shape.rank - 1] == columns
    }

    // MARK: Both

    /// Puts a fused node where an instruction stands, in place of the node that it goes into.
    private mutating func fuse(
      _ instruction: ProgramGraph.Instruction, into position: Int, as op: FusedOperator,
      _ inputs: [Int: Int]
    ) {
      guard var fused = kept[position] else { return }
      kept[position] = nil
      fused.op = op
      fused.node.operatorName += "+" + instruction.node.operatorName
      fused.node.outputs = instruction.node.outputs
      fused.outputs = instruction.outputs
      for (index, value) in inputs {
        while fused.inputs.count <= index { fused.inputs.append(nil) }
        fused.inputs[index] = value
      }
      append(fused)
    }
  }
}

internal import MRDLCore
internal import MRDLOperators

/// Removes nodes whose output is their input: Identity, Dropout, and reshaping or casting to what is there
/// already.
enum RemoveIdentities: GraphPass {
  static let name = "remove-identities"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    let facts = graph.inferredFacts()
    let readerCounts = graph.readerCounts()
    let captured = graph.capturedValues
    var replacements: [Int: Int] = [:]
    graph.instructions.removeAll { instruction in
      guard let input = instruction.inputs.first ?? nil, let output = instruction.outputs[0],
        !captured.contains(output), graph.values[input].constant == nil,
        instruction.outputs.dropFirst().allSatisfy({ $0.map { readerCounts[$0] == 0 } ?? true }),
        isIdentity(instruction, facts)
      else { return false }
      replacements[output] = input
      return true
    }
    graph.replace(replacements)
  }

  private static func isIdentity(
    _ instruction: ProgramGraph.Instruction, _ facts: [ValueFacts?]
  ) -> Bool {
    let op = instruction.op
    if op is Identity { return true }
    // What is wrong with a node leaves it without facts.
    guard let input = instruction.inputs[0].flatMap({ facts[$0] }),
      let output = instruction.outputs[0].flatMap({ facts[$0] }),
      input.scalarType == output.scalarType
    else { return false }
    if let op = op as? Transpose, let order = op.permutation { return order == order.sorted() }
    if op is Cast || op is CastLike { return true }
    if op is Dropout {
      // Elements are dropped where the flag of training says so.
      guard !op.isView else { return true }
      guard let flag = instruction.inputs[2].flatMap({ facts[$0]?.constant }) else { return false }
      return flag.withUnsafeBytes { $0.allSatisfy { $0 == 0 } }
    }
    return op.isView && output.hasProvenShape(of: input)
  }
}

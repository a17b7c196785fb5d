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
        isIdentity(instruction.op, facts[input], facts[output])
      else { return false }
      replacements[output] = input
      return true
    }
    graph.replace(replacements)
  }

  private static func isIdentity(
    _ op: any Operator, _ input: ValueFacts?, _ output: ValueFacts?
  ) -> Bool {
    if op is Identity { return true }
    // What is wrong with a node, such as Dropout in training, leaves it without facts.
    guard let input, let output, input.scalarType == output.scalarType else { return false }
    if let op = op as? Transpose, let order = op.permutation { return order == order.sorted() }
    if op is Dropout || op is Cast || op is CastLike { return true }
    return op.isView && output.hasProvenShape(of: input)
  }
}

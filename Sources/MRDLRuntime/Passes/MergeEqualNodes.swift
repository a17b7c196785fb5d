internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Computes once what several nodes compute alike from the same values.
enum MergeEqualNodes: GraphPass {
  static let name = "merge-equal-nodes"

  private struct Key: Hashable {
    let operatorName: String
    let attributes: [String: AttributeValue]
    let inputs: [Int?]
    let outputs: [Bool]
  }

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    guard mayHaveEqualNodes(graph) else { return }
    let captured = graph.capturedValues
    var first: [Key: [Int?]] = [:]
    var replacements: [Int: Int] = [:]
    graph.instructions.removeAll { instruction in
      // Nodes without inputs may be random; other domains are not known well enough.
      guard instruction.node.domain.isEmpty, instruction.op.asValueOperator == nil,
        !instruction.inputs.isEmpty
      else { return false }
      let key = Key(
        operatorName: instruction.node.operatorName, attributes: instruction.node.attributes,
        inputs: instruction.inputs.map { $0.map { replacements[$0] ?? $0 } },
        outputs: instruction.outputs.map { $0 != nil })
      guard let outputs = first[key] else {
        first[key] = instruction.outputs
        return false
      }
      if instruction.outputs.contains(where: { $0.map { captured.contains($0) } ?? false }) {
        return false
      }
      for case (let from?, let to?) in zip(instruction.outputs, outputs) { replacements[from] = to }
      return true
    }
    graph.replace(replacements)
  }

  /// Whether two nodes have the same operator and read the same: without such a pair there is none that
  /// renaming makes equal. In a small graph this is found out without hashing, whose tables take longer to
  /// set up than a small network to run.
  private static func mayHaveEqualNodes(_ graph: ProgramGraph) -> Bool {
    let nodes = graph.instructions
    if nodes.count > 64 { return true }
    for (index, later) in nodes.enumerated() where !later.inputs.isEmpty {
      for earlier in nodes[..<index]
      where earlier.inputs == later.inputs
        && earlier.node.operatorName == later.node.operatorName
      {
        return true
      }
    }
    return false
  }
}

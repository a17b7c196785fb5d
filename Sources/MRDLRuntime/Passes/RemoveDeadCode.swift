internal import MRDLCore

/// Removes instructions whose outputs nobody reads, and outputs that nobody needs.
enum RemoveDeadCode: GraphPass {
  static let name = "remove-dead-code"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var needed = Set(graph.outputs)
    var kept: [ProgramGraph.Instruction] = []
    for var instruction in graph.instructions.reversed() {
      instruction.outputs = instruction.outputs.map { output in
        output.flatMap { needed.contains($0) ? $0 : nil }
      }
      guard instruction.outputs.contains(where: { $0 != nil }) else { continue }
      needed.formUnion(instruction.reads)
      kept.append(instruction)
    }
    graph.instructions = kept.reversed()
    for index in graph.values.indices where !needed.contains(index) {
      graph.values[index].constant = nil
    }
  }
}

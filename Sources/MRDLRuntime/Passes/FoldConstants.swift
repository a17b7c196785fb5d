internal import MRDLCore
internal import MRDLOperators

/// Computes once what does not depend on the inputs.
enum FoldConstants: GraphPass {
  static let name = "fold-constants"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    var kept: [ProgramGraph.Instruction] = []
    for instruction in graph.instructions {
      var operands: [Tensor?] = []
      var isConstant = instruction.op.asValueOperator == nil
      for input in instruction.inputs {
        guard let input else {
          operands.append(nil)
          continue
        }
        guard let constant = graph.values[input].constant else {
          isConstant = false
          break
        }
        operands.append(constant)
      }
      guard isConstant else {
        kept.append(instruction)
        continue
      }
      let results: [Tensor?]
      do throws(MRDLError) {
        results = try evaluate(
          instruction.op, inputs: operands, outputCount: instruction.outputs.count,
          place: instruction.place)
      } catch {
        // What is too large to be kept is computed in each run, where memory is planned for it.
        guard error.code == .limitExceeded else { throw error }
        kept.append(instruction)
        continue
      }
      for (output, result) in zip(instruction.outputs, results) {
        if let output { graph.values[output].constant = result }
      }
    }
    graph.instructions = kept
  }
}

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
      for (index, result) in results.enumerated() {
        guard index < instruction.outputs.count, let output = instruction.outputs[index] else {
          continue
        }
        if let result, isWidening(instruction, graph) {
          let sources = instruction.inputs.map { $0.map { graph.values[$0] } }
          let (op, place, count) = (instruction.op, instruction.place, instruction.outputs.count)
          graph.setConstant(result, of: output, from: sources) { operands in
            let again = try? evaluate(op, inputs: operands, outputCount: count, place: place)
            guard let again, let tensor = again[index] else {
              preconditionFailure("a constant that was computed cannot be computed again")
            }
            return tensor
          }
        } else {
          graph.values[output].constant = result
        }
      }
    }
    graph.instructions = kept
  }

  /// Whether a node makes real numbers out of narrower ones, or out of what was made so: the narrow ones are
  /// what is to stay in memory.
  private static func isWidening(
    _ instruction: ProgramGraph.Instruction, _ graph: ProgramGraph
  ) -> Bool {
    instruction.op is Cast || instruction.op is DequantizeLinear
      || instruction.inputs.contains { $0.map { graph.values[$0].derivation != nil } ?? false }
  }
}

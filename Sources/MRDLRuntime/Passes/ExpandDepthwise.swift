internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// Joins a blocked convolution, the depthwise one behind it and a pointwise one behind that where what stands
/// between them is too much for the caches: it is then written and read a part at a time. All of it is computed
/// in float32.
enum ExpandDepthwise: GraphPass {
  static let name = "expand-depthwise"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    let readerCounts = graph.readerCounts()
    let facts = graph.inferredFacts()
    var producers: [Int: Int] = [:]
    var kept: [ProgramGraph.Instruction?] = []
    for instruction in graph.instructions {
      if let value = instruction.inputs.first ?? nil, readerCounts[value] == 1,
        let position = producers[value], let first = kept[position],
        let joined = joined(first, instruction, facts, graph)
      {
        kept[position] = nil
        kept.append(joined)
      } else {
        kept.append(instruction)
      }
      for case let output? in instruction.outputs { producers[output] = kept.count - 1 }
    }
    graph.instructions = kept.compactMap(\.self)
  }

  private static func joined(
    _ first: ProgramGraph.Instruction, _ second: ProgramGraph.Instruction, _ facts: [ValueFacts?],
    _ graph: ProgramGraph
  ) -> ProgramGraph.Instruction? {
    let between = first.outputs[0].flatMap { facts[$0] }
    guard let follower = convolution(second, graph) else { return nil }
    let op: BlockedExpandedConv?
    var inputs: [Int?]
    if let pair = first.op as? BlockedExpandedConv {
      op = pair.projected(by: follower, between: between)
      inputs = first.inputs
    } else if let expansion = convolution(first, graph) {
      guard !expansion.op.isFastAlone(expansion.weights, in: graph.precision) else { return nil }
      op = BlockedExpandedConv(expansion, follower, between: between)
      inputs = [first.inputs[0]] + parameters(first)
    } else {
      return nil
    }
    guard let op else { return nil }
    inputs += parameters(second)
    if follower.epilogue.addsResidual { inputs.append(second.inputs[BlockedConv.residualInput]) }
    var joined = second
    joined.op = op
    joined.node.operatorName = first.node.operatorName + "+" + second.node.operatorName
    joined.inputs = inputs
    return joined
  }

  /// Weights and bias of a convolution.
  private static func parameters(_ instruction: ProgramGraph.Instruction) -> [Int?] {
    [instruction.inputs[1], instruction.inputs.count > 2 ? instruction.inputs[2] : nil]
  }

  /// A blocked convolution with what follows it and the facts of its weights.
  private static func convolution(
    _ instruction: ProgramGraph.Instruction, _ graph: ProgramGraph
  ) -> BlockedExpandedConv.Part? {
    let fused = instruction.op as? FusedOperator
    guard let op = (fused?.base ?? instruction.op) as? BlockedConv else { return nil }
    let weights = instruction.inputs[1].flatMap { graph.values[$0].constant }
    return (op, fused?.epilogue ?? .none, weights.map { ValueFacts(constant: $0) })
  }
}

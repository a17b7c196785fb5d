internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// Lets convolutions and products of whole numbers end with QuantizeLinear, so that the real numbers between
/// them are never written.
enum FuseRounding: GraphPass {
  static let name = "fuse-rounding"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    guard graph.instructions.contains(where: { $0.op is QuantizeLinear }) else { return }
    let readerCounts = graph.readerCounts()
    var producers: [Int: Int] = [:]
    var kept: [ProgramGraph.Instruction?] = []
    for instruction in graph.instructions {
      if let value = instruction.inputs.first ?? nil, readerCounts[value] == 1,
        let result = rounding(instruction, graph), let position = producers[value],
        var producer = kept[position], let op = rounded(producer.op, to: result)
      {
        producer.op = op
        producer.node.operatorName += "+" + instruction.node.operatorName
        producer.node.outputs = instruction.node.outputs
        producer.outputs = instruction.outputs
        kept[position] = producer
        for case let output? in instruction.outputs { producers[output] = position }
        continue
      }
      for case let output? in instruction.outputs { producers[output] = kept.count }
      kept.append(instruction)
    }
    graph.instructions = kept.compactMap(\.self)
  }

  /// The result of a node that quantises to u8 with one constant scale.
  private static func rounding(
    _ instruction: ProgramGraph.Instruction, _ graph: ProgramGraph
  ) -> IntegerScaling.Result? {
    guard instruction.op is QuantizeLinear, instruction.inputs.count > 2,
      let scale = instruction.inputs[1].flatMap({ graph.values[$0].constant }),
      let zero = instruction.inputs[2].flatMap({ graph.values[$0].constant }),
      scale.scalarType == .float32, scale.elementCount == 1, zero.scalarType == .uint8,
      zero.elementCount == 1
    else { return nil }
    return IntegerScaling.Result(
      scale: scale.elements(as: Float.self)[0], zero: Int(zero.elements(as: UInt8.self)[0]))
  }

  private static func rounded(
    _ op: any Operator, to result: IntegerScaling.Result
  ) -> (any Operator)? {
    if let fused = op as? FusedOperator {
      guard IntegerScaling.canRound(after: fused.epilogue),
        let base = rounded(fused.base, to: result) as? any FusibleOperator
      else { return nil }
      return FusedOperator(base, fused.epilogue)
    }
    if var op = op as? IntegerConv, op.scaling.result == nil {
      op.scaling.result = result
      return op
    }
    if var op = op as? IntegerGemm, op.scaling.result == nil {
      op.scaling.result = result
      return op
    }
    return nil
  }
}

internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Folds what scales and shifts each channel of a convolution or a dense layer into its weights and bias:
/// BatchNormalization, and Mul, Div, Add and Sub with constants.
///
/// With y = W ∗ x + b and z = s · y + t, z = (s · W) ∗ x + (s · b + t). The new weights are computed in double
/// precision and rounded once.
enum FoldAffine: GraphPass {
  static let name = "fold-affine"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    let facts = graph.inferredFacts()
    let readerCounts = graph.readerCounts()
    var kept: [ProgramGraph.Instruction] = []
    var producers: [Int: Int] = [:]
    for instruction in graph.instructions {
      if let map = ChannelMap(instruction, graph, facts), readerCounts[map.input] == 1,
        let position = producers[map.input], kept[position].outputs == [map.input],
        let layer = LinearLayer(kept[position], graph, facts),
        var folded = try layer.followed(by: map, in: &graph)
      {
        folded.outputs = instruction.outputs
        folded.node.outputs = instruction.node.outputs
        folded.node.operatorName += "+" + instruction.node.operatorName
        kept[position] = folded
        for case let output? in folded.outputs { producers[output] = position }
        continue
      }
      for case let output? in instruction.outputs { producers[output] = kept.count }
      kept.append(instruction)
    }
    graph.instructions = kept
  }
}

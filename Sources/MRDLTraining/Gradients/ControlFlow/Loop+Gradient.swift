public import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// A graph that runs a constant number of times: its nodes as often. The condition may not end the loop.
public enum LoopRule: ExpansionRule {
  public static let operatorName = "Loop"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let body = try step.graph("body")
    guard body.inputs.count >= 2, body.outputs.count >= body.inputs.count - 1 else {
      throw step.refusal("the graph has another number of inputs")
    }
    guard step.isGiven(0), let count = step.inputs[0]?.integers?.first,
      count <= ScanRule.largestCount
    else { throw step.refusal("how often the graph runs is data") }
    if step.isGiven(1) {
      guard let flag = step.inputs[1]?.constant, flag.scalarType == .bool,
        flag.elements(as: Bool.self).first == true
      else { throw step.refusal("whether the graph runs is data") }
    }
    guard keepsCondition(body) else { throw step.refusal("when the loop ends is data") }
    let carriedCount = body.inputs.count - 2
    var carried = (0..<carriedCount).map { step.inputNames[$0 + 2] }
    var scanned = [[String]](repeating: [], count: body.outputs.count - 1 - carriedCount)
    guard count > 0 || scanned.isEmpty else { throw step.refusal("the graph does not run") }
    let isTrue = step.constant(Tensor([true], shape: .scalar))
    for iteration in 0..<max(count, 0) {
      let number = step.constant(Tensor([Int64(iteration)], shape: .scalar))
      let results = step.inline(body, inputs: [number, isTrue] + carried)
      carried = Array(results[1...].prefix(carriedCount))
      for index in scanned.indices { scanned[index].append(results[1 + carriedCount + index]) }
    }
    for (index, value) in carried.enumerated() { step.setOutput(index, to: value) }
    for (index, slices) in scanned.enumerated() where step.isWanted(carriedCount + index) {
      step.setOutput(carriedCount + index, to: step.stack(slices, axis: 0))
    }
  }

  /// Whether the next condition is that of the iteration itself.
  private static func keepsCondition(_ body: Graph) -> Bool {
    var name = body.outputs[0].name
    for node in body.nodes.reversed() where node.outputs.first == name {
      guard node.operatorName == "Identity" || node.operatorName == "Cast" else { return false }
      name = node.inputs[0]
    }
    return name == body.inputs[1].name
  }
}

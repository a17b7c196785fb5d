package import MRDLCore
package import MRDLModel

/// Runs a graph again and again, as often as a number and a truth value say.
///
/// The body takes the number of the iteration, the condition and the carried values; it gives the next
/// condition, the next carried values, and elements of outputs that grow with each iteration.
package struct Loop: ValueOperator {
  package static let name = "Loop"
  package static let inputCount = 0...Int.max
  package static let outputCount = 1...Int.max

  private let body: Graph

  package init(attributes: inout AttributeReader) throws(MRDLError) {
    body = try attributes.graph("body")
    guard body.inputs.count >= 2, body.outputs.count >= body.inputs.count - 1 else {
      throw attributes.wrongValue(
        "body", "a graph with \(body.inputs.count) inputs and \(body.outputs.count) outputs",
        "an iteration, a condition and carried values, all but the first given back")
    }
  }

  package var subgraphs: [Graph] { [body] }

  private var carriedCount: Int { body.inputs.count - 2 }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    body.outputs.dropFirst().prefix(operands.outputCount).enumerated().map { index, info in
      ValueFacts(declared: info).map { facts in
        var facts = facts
        if index >= carriedCount {
          facts.shape?.dimensions.insert(.unknown, at: 0)
        } else {
          // The value before the first iteration is an output where there is none.
          let first = operands.optional(index + 2)
          facts =
            first.flatMap { facts.common(with: $0) }
            ?? ValueFacts(facts.scalarType, nil as SymbolicShape?)
        }
        return facts
      }
    }.completeOrNone()
  }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    let limit = operands.optional(0) == nil ? Int.max : try operands.integer(0)
    var goesOn =
      try operands.optional(1).map { (value) throws(MRDLError) in
        try operands.flag(value)
      } ?? true
    var carried = (0..<carriedCount).map { operands.optional($0 + 2) ?? .optional(nil) }
    var scanned = [[Tensor]](repeating: [], count: body.outputs.count - 1 - carriedCount)
    var iteration = 0
    while goesOn, iteration < limit {
      let results = try run(
        0, [.tensor(Tensor(scalar: Int64(iteration))), .tensor(Tensor(scalar: goesOn))] + carried)
      goesOn = try operands.flag(results[0])
      carried = Array(results[1..<(1 + carriedCount)])
      for index in scanned.indices {
        scanned[index].append(try operands.tensor(results[1 + carriedCount + index]))
      }
      iteration += 1
    }
    for (index, tensors) in scanned.enumerated() {
      carried.append(
        .tensor(
          tensors.isEmpty
            ? Self.empty(like: body.outputs[1 + carriedCount + index])
            : try Tensor.stacked(tensors, axis: 0, operands.place)))
    }
    return carried
  }

  /// An output that grows with each iteration, after none.
  private static func empty(like info: ValueInfo) -> Tensor {
    let extents = info.shape?.dimensions.map { $0.value ?? 0 } ?? []
    return Tensor(zeros: Shape([0] + extents), scalarType: info.scalarType)
  }
}

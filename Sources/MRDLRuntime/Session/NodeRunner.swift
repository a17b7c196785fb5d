internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Runs one node that is evaluated on values, with what runs its graphs.
final class NodeRunner {
  let stage: EvaluatedStage
  private let options: SessionOptions
  /// What runs each graph of the node; made when it is first needed.
  private var executions: [Execution?]
  /// What was measured of the node; nil where nothing is.
  private(set) var profile: SessionProfile.Entry?

  init(_ stage: EvaluatedStage, options: SessionOptions) {
    self.stage = stage
    self.options = options
    executions = [Execution?](repeating: nil, count: stage.subgraphs.count)
  }

  /// Evaluates the node.
  ///
  /// - Parameter value: gives the value of a number.
  /// - Returns: outputs in the order of the operator; nil for one that is not given.
  func run(_ value: (Int) -> GraphValue?) throws(MRDLError) -> [GraphValue?] {
    guard profile != nil else { return try evaluate(value) }
    let start = Clock.monotonicNanoseconds
    let results = try evaluate(value)
    profile?.nanoseconds += Clock.monotonicNanoseconds - start
    profile?.runCount += 1
    return results
  }

  private func evaluate(_ value: (Int) -> GraphValue?) throws(MRDLError) -> [GraphValue?] {
    let instruction = stage.instruction
    let operands = ValueOperands(
      instruction.inputs.map { $0.flatMap(value) }, outputCount: instruction.outputs.count,
      place: instruction.place)
    if let op = instruction.op.asValueOperator {
      let results = try op.evaluate(operands) { (index, inputs) throws(MRDLError) in
        let captured = self.stage.captured[index].map { value($0) }
        return try self.execution(index).run(inputs.map { $0 } + captured)
      }
      guard results.count >= instruction.outputs.count else {
        throw MRDLError(
          .wrongInputCount, "a node gives fewer outputs than are read",
          found: "\(results.count)", expected: "\(instruction.outputs.count)",
          at: instruction.place)
      }
      return results
    }
    let tensors = try operands.values.map { (value) throws(MRDLError) -> Tensor? in
      try value.map { (value) throws(MRDLError) in try operands.tensor(value) }
    }
    return try MRDLOperators.evaluate(
      instruction.op, inputs: tensors, outputCount: instruction.outputs.count,
      threadLimit: options.threadLimit ?? 0, place: instruction.place
    ).map { $0.map { .tensor($0) } }
  }

  private func execution(_ index: Int) -> Execution {
    if let execution = executions[index] { return execution }
    let execution = Execution(stage.subgraphs[index], options: options)
    executions[index] = execution
    return execution
  }

  func startProfile() {
    let node = stage.instruction.node
    profile = SessionProfile.Entry(
      name: node.displayName, operatorName: node.qualifiedOperatorName, method: nil, cost: Cost())
  }
}

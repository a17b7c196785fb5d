internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// One run of a model, node by node as the graph states it, in little memory.
///
/// No pass changes the graph and no weight is packed for later runs; a weight is in memory while its node is
/// computed, and a value until its last use. What is found is what a `Program` of the same model must
/// find.
struct StepwiseRun {
  private struct Step {
    let op: any Operator
    let node: Node
    let place: Place
  }

  private let model: Model
  private let steps: [Step]
  /// For each value the last step that reads it.
  private let lastUses: [String: Int]
  private let options: SessionOptions

  /// Constants of more elements are not examined by operators, which would pack them.
  private static let smallCount = 4096

  /// nil for a model that cannot be run in this way: with state, or with graphs and sequences in it.
  ///
  /// - Throws: what is wrong with the graph.
  init?(_ model: Model, options: SessionOptions) throws(MRDLError) {
    guard model.state.isEmpty, !model.isWeightsOnly,
      (model.graph.inputs + model.graph.outputs).allSatisfy({ $0.kind == .tensor })
    else { return nil }
    try model.checkArchitecture(.standard)
    var steps: [Step] = []
    var lastUses: [String: Int] = [:]
    for (index, node) in model.graph.nodes.enumerated() {
      let place = Place("/graph/nodes/\(index) (\(node.displayName))")
      let op = try OperatorSet.standard.makeOperator(node, tensors: model.tensors, place: place)
      if op.asValueOperator != nil { return nil }
      steps.append(Step(op: op, node: node, place: place))
      for name in node.inputs { lastUses[name] = index }
    }
    for output in model.graph.outputs { lastUses[output.name] = steps.count }
    self.model = model
    self.steps = steps
    self.lastUses = lastUses
    self.options = options
  }

  /// The outputs for some inputs.
  ///
  /// - Parameter inputs: a tensor for each input of the graph, of its type and shape.
  /// - Throws: an error of reading a weight or of running a node; `MRDL4006` where the values that are in
  ///   memory at once take more than `SessionOptions.workingByteLimit`.
  func outputs(for inputs: [String: Tensor]) throws(MRDLError) -> [String: Tensor] {
    var values = inputs
    var byteCount = inputs.values.reduce(0) { $0 + $1.byteCount }
    for (index, step) in steps.enumerated() {
      var operands: [Tensor?] = []
      var constants: [Tensor] = []
      var large: Set<Int> = []
      for (position, name) in step.node.inputs.enumerated() {
        if name.isEmpty {
          operands.append(nil)
        } else if let value = values[name] {
          operands.append(value)
        } else {
          let constant = try constant(name, step.place)
          operands.append(constant)
          constants.append(constant)
        }
        if let count = operands[position]?.elementCount, count > Self.smallCount {
          large.insert(position)
        }
      }
      let results = try evaluate(
        step.op, inputs: operands, variableInputs: large, outputCount: step.node.outputs.count,
        threadLimit: options.threadLimit ?? 0, place: step.place)
      for constant in constants { constant.releasePages() }
      for (name, result) in zip(step.node.outputs, results) where lastUses[name] != nil {
        guard let result else { continue }
        values[name] = result
        byteCount += result.byteCount
      }
      guard byteCount <= options.workingByteLimit else {
        throw MRDLError(
          .workingMemoryExceeded, "a run would need more working memory than is permitted",
          found: "\(byteCount) bytes", expected: "at most \(options.workingByteLimit)",
          at: step.place)
      }
      for name in Set(step.node.inputs) where lastUses[name] == index {
        byteCount -= values.removeValue(forKey: name)?.byteCount ?? 0
      }
    }
    var outputs: [String: Tensor] = [:]
    for output in model.graph.outputs {
      if let value = values[output.name] {
        outputs[output.name] = value
      } else {
        outputs[output.name] = try constant(output.name, .unknown)
      }
    }
    return outputs
  }

  private func constant(_ name: String, _ place: Place) throws(MRDLError) -> Tensor {
    guard let tensor = try model.tensors[name]?.load() else {
      throw MRDLError(
        .undefinedValue, "a node reads a value that nothing produces", found: "\"\(name)\"",
        at: place)
    }
    return tensor
  }
}

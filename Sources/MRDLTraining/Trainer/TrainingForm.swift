internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// A graph as it is trained: layers that behave differently in training are replaced by what they are then.
struct TrainingForm {
  private(set) var graph: Graph
  /// The running averages: the tensor, and the value that holds it after a step.
  private(set) var averages: [(tensor: String, output: String)] = []
  /// The input of the key that random numbers are made from, where there is a layer that draws them.
  private(set) var key: String?
  /// The states of recurrent layers that one batch hands on to the next.
  private(set) var states: [CarriedState] = []

  /// - Parameter parameters: the names of what is trained. BatchNormalization of which neither scale nor
  ///   offset is among them keeps its averages: it is frozen.
  /// - Throws: `MRDL5004` for a layer whose form in training is not known, `MRDL5002` where states or truncation
  ///   are asked of a model that has no recurrent layer to heed them.
  init(
    _ model: Model, parameters: [String], recurrence: RecurrentTraining, names: inout ValueNames
  ) throws(MRDLError) {
    graph = model.graph
    let trained = Set(parameters)
    var (dropoutCount, recurrentCount) = (0, 0)
    for (index, node) in graph.nodes.enumerated() where node.domain.isEmpty {
      let place = Place("/graph/nodes/\(index) (\(node.displayName))")
      switch node.operatorName {
      case "BatchNormalization"
      where trained.contains(node.inputs[1]) || trained.contains(node.inputs[2]):
        let statistics = [node.inputs[3], node.inputs[4]]
        guard statistics.allSatisfy({ model.tensors[$0] != nil }) else { continue }
        for name in statistics where averages.contains(where: { $0.tensor == name }) {
          throw MRDLError(
            .noGradient, "two layers share running averages", found: "\"\(name)\"", at: place)
        }
        var replaced = node
        replaced.operatorName = TrainingBatchNormalization.name
        replaced.domain = TrainingBatchNormalization.domain
        replaced.outputs = [node.outputs[0]] + (0..<4).map { _ in names.make("statistic") }
        graph.nodes[index] = replaced
        averages += zip(statistics, replaced.outputs[1...2]).map { ($0, $1) }
      case "RNN", "GRU", "LSTM":
        recurrentCount += 1
        var replaced = node
        if recurrence.keepsState {
          states += try CarriedState.connect(&replaced, of: model, names: &names, place)
          graph.nodes[index] = replaced
        }
        // A layer that is frozen may need no way back, and then nothing of it is kept.
        guard
          recurrence.truncation != nil
            || node.inputs[1..<min(4, node.inputs.count)].contains(where: { trained.contains($0) })
        else { continue }
        if let steps = recurrence.truncation {
          replaced.attributes["truncation"] = .integer(Int64(steps))
        }
        replaced.operatorName = "Training" + node.operatorName
        replaced.domain = OperatorSet.mrdlDomain
        let missing = [String](repeating: "", count: RecurrentTrace.output - replaced.outputs.count)
        replaced.outputs += missing + [names.make("trace")]
        graph.nodes[index] = replaced
      case "Dropout":
        if let ratio = try Self.ratio(node, model, place) {
          let name = key ?? names.make("random_key")
          key = name
          graph.nodes[index] = Node(
            RandomDropout.name, domain: RandomDropout.domain, name: node.name,
            inputs: [node.inputs[0], name], outputs: [node.outputs[0]],
            attributes: ["ratio": .float(ratio), "layer": .integer(Int64(dropoutCount))])
        }
        dropoutCount += 1
      default: break
      }
    }
    if recurrence != RecurrentTraining(), recurrentCount == 0 {
      throw MRDLError(
        .badRecipe, "the model has no recurrent layer whose states could be kept or truncated",
        expected: "RNN, GRU or LSTM")
    }
  }

  /// The share that a Dropout drops, nil where it drops nothing.
  private static func ratio(
    _ node: Node, _ model: Model, _ place: Place
  ) throws(MRDLError) -> Double? {
    if node.outputs.count > 1, !node.outputs[1].isEmpty {
      throw MRDLError(.noGradient, "the mask of Dropout is used in the graph", at: place)
    }
    guard node.inputs.count > 1, !node.inputs[1].isEmpty else { return 0.5 }
    guard let tensor = model.tensors[node.inputs[1]],
      let ratio = ValueFacts(constant: try tensor.load()).number, ratio >= 0, ratio < 1
    else {
      throw MRDLError(
        .noGradient, "the ratio of Dropout is not a constant below 1", at: place)
    }
    return ratio == 0 ? nil : ratio
  }
}

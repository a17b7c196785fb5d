internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators
internal import MRDLRuntime

/// A model whose parameters are inputs, with a target and a loss, and with the nodes of the gradients.
struct TrainingGraph {
  /// Gives the loss and the predictions.
  let evaluation: Program
  /// Gives the loss, the predictions, and the gradient of each parameter.
  let training: Program
  /// Where the data and the targets go; the parameters follow in their order.
  let inputIndex: Int
  let targetIndex: Int

  /// - Throws: `MRDL5004` where the loss cannot be differentiated, or what is wrong with the model.
  init(
    _ model: Model, parameters: [String], objective: Objective, targetShape: Shape?
  ) throws(MRDLError) {
    guard model.graph.inputs.count == 1 else {
      throw MRDLError(
        .badRecipe, "only a model with one input can be trained",
        found: "\(model.graph.inputs.count) inputs")
    }
    var graph = Model(graph: model.graph, opsets: model.opsets, tensors: model.tensors)
    var names = ValueNames(model)
    let target = names.make("target")
    let loss = names.make("loss")
    var shape = SymbolicShape([.symbolic("N")])
    if case .symbolic(let name)? = model.graph.inputs[0].shape?.dimensions.first {
      shape = SymbolicShape([.symbolic(name)])
    }
    shape.dimensions += (targetShape?.dimensions ?? []).map { .fixed($0) }
    graph.graph.inputs.append(
      ValueInfo(target, targetShape == nil ? .int32 : .float32, shape))
    for parameter in parameters {
      guard let info = model.tensors[parameter]?.info else {
        throw MRDLError(
          .missingTensor, "a parameter is not in the model", found: "\"\(parameter)\"")
      }
      graph.tensors[parameter] = nil
      graph.graph.inputs.append(
        ValueInfo(parameter, info.scalarType, SymbolicShape(info.shape)))
    }
    graph.graph.nodes.append(
      Node(
        objective.loss.operatorName, domain: OperatorSet.mrdlDomain,
        inputs: [objective.prediction, target], outputs: [loss]))
    let outputs = [
      ValueInfo(loss, .float32, SymbolicShape(.scalar)),
      ValueInfo(objective.prediction, .float32, nil),
    ]
    graph.graph.outputs = outputs
    let options = ProgramOptions(mode: .training)
    evaluation = try Program(graph, options: options, operators: .training)

    var (training, gradients) = try graph.differentiated(loss: loss, withRespectTo: parameters)
    training.graph.outputs = outputs + gradients.map { ValueInfo($0, .float32, nil) }
    self.training = try Program(training, options: options, operators: .training)
    inputIndex = 0
    targetIndex = 1
  }

  /// Where a parameter goes.
  func parameterIndex(_ index: Int) -> Int { 2 + index }

  /// Where the gradient of a parameter comes out.
  func gradientIndex(_ index: Int) -> Int { 2 + index }
}

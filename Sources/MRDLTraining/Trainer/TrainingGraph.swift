internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators
internal import MRDLRuntime

/// A model whose parameters are inputs, with targets and a loss, and with the nodes of the gradients.
struct TrainingGraph {
  /// Gives the loss and the predictions as the model is used.
  let evaluation: Program
  /// Gives the loss and the predictions as the model is trained, the gradient of each parameter, and the
  /// running averages.
  let training: Program
  /// The tensors that are running averages.
  let averageNames: [String]
  /// Where the data, the lengths of sequences, the targets, the weights of samples and the key of random
  /// numbers go; the parameters and the running averages follow in their order.
  let inputIndex: Int
  let lengthIndex: Int?
  let targetIndex: Int
  let weightIndex: Int?
  let keyIndex: Int?
  /// The states that go from batch to batch.
  let states: [CarriedState]
  private let firstParameter: Int
  private let parameterCount: Int

  /// - Throws: `MRDL5002` where model and data do not fit each other, `MRDL5004` where the loss cannot be
  ///   differentiated, or what is wrong with the model.
  init(
    _ model: Model, parameters: [String], objective: Objective, data: TrainingDataShape,
    recurrence: RecurrentTraining
  ) throws(MRDLError) {
    var names = ValueNames(model)
    let form = try TrainingForm(
      model, parameters: parameters, recurrence: recurrence, names: &names)
    states = form.states
    let interface = try Interface(model, data: data, names: &names)
    inputIndex = interface.input
    lengthIndex = interface.length
    targetIndex = interface.target
    weightIndex = interface.weight
    let key = form.key ?? names.make("random_key")
    var inputs = interface.inputs
    keyIndex = form.key == nil ? nil : inputs.count
    if form.key != nil { inputs.append(ValueInfo(key, .int64, SymbolicShape([.fixed(2)]))) }
    firstParameter = inputs.count
    parameterCount = parameters.count
    averageNames = form.averages.map(\.tensor)
    var tensors = model.tensors
    for name in parameters + averageNames {
      guard let info = tensors[name]?.info else {
        throw MRDLError(.missingTensor, "a parameter is not in the model", found: "\"\(name)\"")
      }
      tensors[name] = nil
      inputs.append(ValueInfo(name, info.scalarType, SymbolicShape(info.shape)))
    }
    let loss = names.make("loss")
    // The loss has the classes as the second axis.
    let compared = objective.hasClassesLast ? names.make("by_class") : objective.prediction
    var lossNodes: [Node] = []
    if objective.hasClassesLast {
      lossNodes.append(
        Node(
          "Transpose", inputs: [objective.prediction], outputs: [compared],
          attributes: ["perm": .integers([0, 2, 1])]))
    }
    lossNodes.append(
      Node(
        objective.loss.operatorName, domain: OperatorSet.mrdlDomain,
        inputs: [compared] + interface.lossInputs, outputs: [loss],
        attributes: objective.attributes))
    let outputs = [
      ValueInfo(loss, .float32, SymbolicShape(.scalar)),
      ValueInfo(objective.prediction, .float32, nil),
    ]
    func program(
      _ graph: Graph, states: [ValueInfo] = [], _ finish: (Model) throws(MRDLError) -> Model
    ) throws(MRDLError) -> Program {
      var complete = Model(graph: graph, opsets: model.opsets, tensors: tensors)
      complete.graph.inputs = inputs + states
      complete.graph.nodes += lossNodes
      complete.graph.outputs = outputs
      return try Program(
        try finish(complete), options: ProgramOptions(mode: .training), operators: .training)
    }
    evaluation = try program(model.graph) { (model) throws(MRDLError) in model }
    let beginnings = form.states.map {
      ValueInfo(
        $0.input, .float32,
        SymbolicShape($0.shape(batch: interface.batch) { .fixed($0) }))
    }
    training = try program(form.graph, states: beginnings) { (model) throws(MRDLError) in
      var (result, gradients) = try model.differentiated(
        loss: loss, withRespectTo: parameters)
      result.graph.outputs =
        outputs
        + (gradients + form.averages.map(\.output) + form.states.map(\.output)).map {
          ValueInfo($0, .float32, nil)
        }
      return result
    }
  }

  /// Where a parameter goes.
  func parameterIndex(_ index: Int) -> Int { firstParameter + index }

  /// Where a running average goes.
  func averageIndex(_ index: Int) -> Int { firstParameter + parameterCount + index }

  /// Where a state goes into the program that is trained.
  func stateIndex(_ index: Int) -> Int {
    firstParameter + parameterCount + averageNames.count + index
  }

  /// Where a state comes out.
  func stateOutputIndex(_ index: Int) -> Int { 2 + parameterCount + averageNames.count + index }

  /// Where the gradient of a parameter comes out.
  func gradientIndex(_ index: Int) -> Int { 2 + index }

  /// Where a running average comes out.
  func averageOutputIndex(_ index: Int) -> Int { 2 + parameterCount + index }
}

/// The inputs that data go to.
private struct Interface {
  private(set) var inputs: [ValueInfo]
  private(set) var input = 0
  private(set) var length: Int?
  private(set) var target = 0
  private(set) var weight: Int?
  /// The axis of the samples.
  private(set) var batch = Dimension.symbolic("N")
  /// The inputs of the loss after the predictions.
  private(set) var lossInputs: [String] = []

  init(
    _ model: Model, data: TrainingDataShape, names: inout ValueNames
  ) throws(MRDLError) {
    inputs = model.graph.inputs
    let lengths = model.graph.lengthInput.map(\.name)
    let others = inputs.indices.filter { inputs[$0].name != lengths }
    guard others.count == 1 else {
      throw MRDLError(
        .badRecipe, "only a model with one input, and maybe one of lengths, can be trained",
        found: inputs.map(\.description).joined(separator: ", "))
    }
    guard (lengths != nil) == data.hasLengths else {
      throw MRDLError(
        .badRecipe, "model and data do not agree on whether sequences have lengths",
        found: data.hasLengths ? "data with lengths" : "data without lengths",
        expected: lengths == nil ? "a model with an i32 input of lengths" : "data with lengths")
    }
    input = others[0]
    length = inputs.firstIndex { $0.name == lengths }
    if let first = inputs[input].shape?.dimensions.first, case .symbolic = first { batch = first }
    func append(_ stem: String, _ type: ScalarType, _ shape: Shape) -> Int {
      let name = names.make(stem)
      inputs.append(
        ValueInfo(
          name, type, SymbolicShape([batch] + shape.dimensions.map { .fixed($0) })))
      lossInputs.append(name)
      return inputs.count - 1
    }
    target = append("target", data.targetType, data.targetShape)
    if let shape = data.weightShape { weight = append("weight", .float32, shape) }
  }
}

package import MRDLCore
internal import MRDLModel
internal import MRDLTraining

extension Architecture {
  /// A model that is gone on from: as it is where it gives what the data ask for, else with a new end.
  ///
  /// The layers of the recipe take the place of the last layer with weights and of all that follows, or of
  /// what follows the value that the recipe names. A recipe without layers gets one dense layer and the activation
  /// that belongs to its loss.
  ///
  /// - Throws: `MRDL5002` where model, data and loss do not fit each other.
  package init(_ recipe: Recipe, _ form: SampleForm, base: BaseModel) throws(MRDLError) {
    try base.check(form.shape)
    let output = base.model.graph.outputs[0]
    if recipe.keepsEnd, output.shape?.rank == 2,
      output.shape?.dimensions.last?.value == form.target.count
    {
      try self.init(recipe, form.target, keeping: base)
      return
    }
    var kept = base
    let value: String
    if let cut = recipe.base?.cut { value = cut } else { value = try base.lastLayerInput() }
    let facts = try kept.cutting(at: value, sample: form.shape)
    var layers = recipe.layers
    if layers.isEmpty {
      layers = [.dense(units: nil, bias: true)]
      switch recipe.loss {
      case .crossEntropy: layers.append(.activation(ActivationRecipe(.softmax)))
      case .binaryCrossEntropy: layers.append(.activation(ActivationRecipe(.sigmoid)))
      case .quadratic, .absolute, .huber: break
      }
    }
    var builder = LayerBuilder(
      seed: recipe.seed, initializer: recipe.initializer, base: kept.model, facts: facts,
      from: value, outputName: output.name,
      outputCount: recipe.loss == .binaryCrossEntropy ? 1 : form.target.count)
    try builder.append(layers, place: "/layers", prefix: kept.unusedPrefix("head"))
    try self.init(recipe, form, &builder, last: layers.last)
    parameterNames = kept.parameterNames() + parameterNames
    try requireParameters(recipe)
  }

  /// The model as it is, with the logits before its softmax where the loss wants them.
  private init(_ recipe: Recipe, _ target: TargetForm, keeping base: BaseModel) throws(MRDLError) {
    var model = base.model
    model.card.name = recipe.name
    model.card.description = recipe.description
    var predictions = model.graph.outputs[0].name
    var scale: OutputMeaning.Scale = target.isClass ? .scores : .values
    if recipe.loss == .crossEntropy {
      scale = .logits
      if let last = base.lastNode, last.operatorName == "Softmax", last.domain.isEmpty {
        scale = .probabilities
        predictions = last.inputs[0]
      }
    }
    self.init(
      model: model, predictions: predictions, parameterNames: base.parameterNames(), scale: scale)
    try requireParameters(recipe)
  }

  /// Refuses a model of which nothing is learned.
  private func requireParameters(_ recipe: Recipe) throws(MRDLError) {
    guard parameterNames.isEmpty else { return }
    throw MRDLError(
      .badRecipe, "nothing of the model is learned",
      found: recipe.base?.frozen.joined(separator: ", "), expected: "patterns that leave tensors",
      at: Place("/from/freeze"))
  }
}

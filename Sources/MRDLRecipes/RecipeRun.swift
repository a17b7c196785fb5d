package import MRDLCore
package import MRDLMetrics
package import MRDLModel
internal import MRDLNumerics
internal import MRDLRuntime
package import MRDLTraining

/// A recipe carried out on its data: the training, the scores, and all that a user of the model needs.
package struct RecipeRun: Sendable {
  package let recipe: Recipe
  package let data: RecipeData
  private let base: BaseModel?
  let threadLimit: Int?
  /// What was measured in each epoch.
  package private(set) var history: [TrainingRecord.Epoch] = []
  /// The split that the scores are of: `test` where there is one, else `train`.
  package private(set) var scoredSplit = "test"
  package private(set) var scores: SampleEvaluation?
  /// The errors of the forecast that repeats the last season, on the samples of the scores.
  package private(set) var naiveErrors: RegressionErrors?

  /// - Parameter base: the model that the recipe goes on from.
  package init(_ recipe: Recipe, _ data: RecipeData, base: BaseModel? = nil, threadLimit: Int?) {
    var recipe = recipe
    if data.isClassification, recipe.metrics.isEmpty { recipe.metrics = [.accuracy(rank: 1)] }
    // What was chosen for want of a name is written down.
    recipe.data.target = data.targetColumn ?? recipe.data.target
    self.recipe = recipe
    self.data = data
    self.base = base
    self.threadLimit = threadLimit
  }

  /// The samples of the split that is scored.
  package var scoredSamples: any TrainingData { data.test ?? data.training }

  /// Trains, or goes on with a training.
  ///
  /// - Parameters:
  ///   - checkpointPath: where the state goes when the recipe asks for it, and on an interruption.
  ///   - resumed: a checkpoint of the same recipe and data.
  /// - Returns: nil where the run was interrupted; its state is in the checkpoint.
  /// - Throws: what is wrong with recipe or data, `MRDL5003` where training diverges, or what `report` throws.
  package mutating func perform(
    checkpointPath: String, resumed: Checkpoint? = nil,
    report: (TrainingProgress) throws(MRDLError) -> Void = { _ in },
    isInterrupted: () -> Bool = { false }
  ) throws(MRDLError) -> Model? {
    if data.isClassification == false, !recipe.metrics.isEmpty {
      throw MRDLError(
        .badRecipe, "a metric is for classes, and the target is a quantity",
        found: recipe.metrics.map(\.name).joined(separator: ", "), at: Place("/metrics"))
    }
    var model: Model
    var scale = OutputMeaning.Scale.values
    if recipe.solver == .qr {
      model = try ClosedForm.fit(recipe, data)
    } else {
      let architecture = try makeArchitecture()
      scale = architecture.scale
      try check(resumed)
      var trainer = try makeTrainer(architecture, recipe.options(threadLimit: threadLimit))
      let result = try trainer.train(
        on: data.training, validation: data.validation,
        checkpoints: recipe.checkpoints.options(path: checkpointPath, recipe: recipe.encoded),
        resumed: resumed, report: report, isInterrupted: isInterrupted)
      if result.ending == .interrupted { return nil }
      history = result.history
      model = result.model
    }
    try complete(&model, scale)
    return model
  }

  /// The model that is trained: that of the layers, or of the model that the recipe goes on from.
  func makeArchitecture() throws(MRDLError) -> Architecture {
    if let base { return try Architecture(recipe, data.form, base: base) }
    return try Architecture(recipe, data.form)
  }

  /// A trainer of an architecture, whose parameters have their first values.
  func makeTrainer(
    _ architecture: Architecture, _ options: TrainingOptions
  ) throws(MRDLError) -> Trainer {
    guard !options.recurrence.keepsState || data.isSequential else {
      throw MRDLError(
        .badRecipe, "the samples do not go on from each other, so that states cannot be kept",
        found: data.name, expected: "arrays with data.ordered true", at: Place("/stateful"))
    }
    var start = architecture.model
    start.card.datasets = data.cards
    return try Trainer(
      start, parameters: architecture.parameterNames,
      objective: recipe.objective(
        of: architecture.predictions, isStepwise: data.stepCount != nil),
      data: TrainingDataShape(data.training), options: options)
  }

  /// A checkpoint belongs to the same samples.
  private func check(_ checkpoint: Checkpoint?) throws(MRDLError) {
    guard let checkpoint, checkpoint.model.card.datasets != data.cards else { return }
    func text(_ cards: [ModelCard.Dataset]) -> String {
      cards.map { "\($0.sampleCount) for \($0.split) (\($0.digest.prefix(12)))" }
        .joined(separator: ", ")
    }
    throw MRDLError(
      .foreignCheckpoint, "the data are not those of the checkpoint", found: text(data.cards),
      expected: text(checkpoint.model.card.datasets))
  }

  // MARK: What a user needs

  private mutating func complete(
    _ model: inout Model, _ scale: OutputMeaning.Scale
  ) throws(MRDLError) {
    if let preprocessing = data.preprocessing {
      model.preprocessing[model.graph.inputs[0].name] = preprocessing
    }
    model.meanings[model.graph.outputs[0].name] = OutputMeaning(
      task: data.isClassification ? .classification : .regression, scale: scale,
      labels: data.isClassification ? data.classNames : data.targetNames)
    model.card.producer = Release.producer
    model.card.created = Clock.text(ofSecondsSince1970: Clock.secondsSince1970)
    model.card.datasets = data.cards
    try score(&model)
    model.training = TrainingRecord(
      recipe: recipe.encoded, seed: recipe.seed,
      instructionSet: InstructionSet.current.rawValue, history: history)
    let samples = scoredSamples
    for index in 0..<min(2, samples.sampleCount) {
      try model.addGoldenVector(
        "\(scoredSplit)-\(index)",
        inputs: SampleEvaluation.inputs(samples, index..<index + 1, of: model))
    }
  }

  /// Measures the model as its users will run it, each split by itself.
  private mutating func score(_ model: inout Model) throws(MRDLError) {
    let ranks = recipe.metrics.map { metric in
      switch metric {
      case .accuracy(let rank): rank
      }
    }
    func measure(
      _ samples: any TrainingData, _ split: String, _ card: inout ModelCard
    ) throws(MRDLError) -> SampleEvaluation {
      let result = try SampleEvaluation(
        model, data, on: samples, ranks: ranks, threadLimit: threadLimit)
      card.metrics += result.evaluation.measures.map {
        ModelCard.Metric(name: $0.name, value: $0.value, dataset: data.name, split: split)
      }
      return result
    }
    var card = model.card
    if let validation = data.validation { _ = try measure(validation, "validation", &card) }
    scoredSplit = data.test == nil ? "train" : "test"
    scores = try measure(scoredSamples, scoredSplit, &card)
    if let samples = scoredSamples as? ForecastSamples, let forecast = recipe.data.forecast {
      let errors = samples.naiveErrors(season: forecast.season)
      naiveErrors = errors
      for (name, value) in [
        ("mae", errors.meanAbsoluteError), ("rmse", errors.rootMeanSquaredError),
      ] {
        card.metrics.append(
          ModelCard.Metric(
            name: "seasonal_naive_\(name)", value: value, dataset: data.name, split: scoredSplit))
      }
    }
    model.card = card
  }
}

package import MRDLCore
package import MRDLModel
internal import MRDLTraining

/// The model that a list of layers describes, with the first values of its parameters.
package struct Architecture: Sendable {
  package let model: Model
  /// The value that the loss compares with the targets: before a softmax or sigmoid, its logits.
  package let predictions: String
  package internal(set) var parameterNames: [String]
  /// What the numbers of the output are.
  package let scale: OutputMeaning.Scale

  /// - Parameters:
  ///   - form: what the samples are, and what is asked of them.
  ///   - scalarType: `f32`, or `f64` for a closed form.
  /// - Throws: `MRDL5002` where layers, data and loss do not fit each other.
  package init(
    _ recipe: Recipe, _ form: SampleForm, scalarType: ScalarType = .float32
  ) throws(MRDLError) {
    let target = form.target
    var builder = LayerBuilder(
      seed: recipe.seed, initializer: recipe.initializer, form: form, scalarType: scalarType,
      outputCount: recipe.loss == .binaryCrossEntropy ? 1 : target.count)
    if let scaling = form.scaling { try builder.appendChannelScaling(scaling) }
    if let forecast = form.forecast { try builder.appendForecastInput(forecast) }
    try builder.append(recipe.layers, place: "/layers")
    try self.init(recipe, form, &builder, last: recipe.layers.last)
  }

  /// Puts the end that the loss and the data ask for after the layers.
  ///
  /// - Parameter last: the last layer.
  init(
    _ recipe: Recipe, _ form: SampleForm, _ builder: inout LayerBuilder, last: LayerRecipe?
  ) throws(MRDLError) {
    let target = form.target
    let wanted = Shape((target.stepCount.map { [$0] } ?? []) + [builder.outputCount])
    guard builder.shape == wanted else {
      throw MRDLError(
        .badRecipe, "the last layer does not give the numbers that the data ask for",
        found: "\(builder.shape)", expected: "\(wanted)", at: Place("/layers"))
    }
    func demand(_ function: ActivationRecipe.Function) throws(MRDLError) {
      guard case .activation(let activation)? = last, activation.function == function else {
        throw MRDLError(
          .badRecipe, "the loss does not fit the last layer", found: recipe.loss.rawValue,
          expected: "\(function.rawValue) as the last layer", at: Place("/loss"))
      }
    }
    let predictions: String
    switch recipe.loss {
    case .crossEntropy:
      try demand(.softmax)
      predictions = builder.beforeLast
      scale = .probabilities
    case .binaryCrossEntropy:
      try demand(.sigmoid)
      guard target.count == 2 else {
        throw MRDLError(
          .badRecipe, "binary cross-entropy is for two classes",
          found: Quantity.count(target.count, "class"),
          expected: "2, or softmax with cross-entropy", at: Place("/loss"))
      }
      predictions = builder.beforeLast
      scale = .probabilities
      try builder.appendComplement()
    default:
      predictions = builder.current
      scale = target.isClass ? .scores : .values
      if let scaling = target.scaling { try builder.append(scaling) }
      if let forecast = form.forecast { try builder.appendForecastOutput(forecast) }
    }
    // The last value is the output and has its name.
    self.predictions = predictions == builder.current ? builder.outputName : predictions
    parameterNames = builder.parameters
    model = try builder.model(recipe)
  }

  init(model: Model, predictions: String, parameterNames: [String], scale: OutputMeaning.Scale) {
    self.model = model
    self.predictions = predictions
    self.parameterNames = parameterNames
    self.scale = scale
  }
}

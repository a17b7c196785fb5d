internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLRuntime
internal import MRDLTraining

/// Linear least squares in one step.
enum ClosedForm {
  /// The architecture with the weights and the bias that make ½ of the mean squared error, plus the
  /// L2 penalty, least.
  ///
  /// - Throws: `MRDL5002` where the layers are not those of a linear model, `MRDL5001` where the features
  ///   depend on each other.
  static func fit(_ recipe: Recipe, _ data: RecipeData) throws(MRDLError) -> Model {
    guard let samples = data.training as? TableSamples, !data.isClassification else {
      throw MRDLError(
        .badRecipe, "the closed form is for a quantity in a table", at: Place("/solver"))
    }
    guard case .dense(_, let hasBias)? = recipe.layers.last,
      recipe.layers.dropLast().allSatisfy({
        if case .polynomial = $0 { true } else { $0 == .flatten }
      })
    else {
      throw MRDLError(
        .badRecipe, "the closed form is for a linear model",
        expected: "one dense layer, maybe after a polynomial one", at: Place("/layers"))
    }
    let architecture = try Architecture(recipe, data.form, scalarType: .float64)
    var model = architecture.model
    guard let dense = model.graph.nodes.first(where: { $0.operatorName == "Gemm" }),
      let weight = model.tensors[dense.inputs[1]]?.info
    else { preconditionFailure("a linear model without its product") }
    let features = try values(of: dense.inputs[0], in: model, samples.inputs)
    let count = weight.shape[0]
    let rows = samples.sampleCount
    var matrix: [Double] = []
    matrix.reserveCapacity(rows * (count + 1))
    for row in 0..<rows {
      matrix += features[row * count..<(row + 1) * count]
      if hasBias { matrix.append(1) }
    }
    guard
      let solution = LeastSquares.solve(
        matrix, columns: count + (hasBias ? 1 : 0), right: samples.targets,
        penalty: recipe.penalties.l2 * Double(rows), isLastFree: hasBias)
    else {
      throw MRDLError(
        .badDataset, "the features depend on each other, so that many fits are equally good",
        found: "\(Quantity.count(rows, "row")), \(Quantity.count(count, "feature"))",
        expected: "features that are no sums of others, more rows, or regularization.l2")
    }
    model.tensors[weight.name] = ModelTensor(
      weight.name, Tensor(Array(solution[..<count]), shape: weight.shape), axes: weight.axes)
    if hasBias {
      let bias = dense.inputs[2]
      model.tensors[bias] = ModelTensor(bias, Tensor([solution[count]]), axes: "O")
    }
    return model
  }

  /// What a value of the graph is for some inputs.
  private static func values(
    of name: String, in model: Model, _ inputs: Tensor
  ) throws(MRDLError) -> [Double] {
    guard name != "x" else { return inputs.elements(as: Double.self) }
    var model = model
    model.graph.outputs = [ValueInfo(name, .float64, nil)]
    var session = Session(try Program(model))
    guard let values = try session.run(["x": inputs])[name] else { return [] }
    return values.elements(as: Double.self)
  }
}

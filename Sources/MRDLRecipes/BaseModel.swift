package import MRDLCore
internal import MRDLInterchange
package import MRDLModel
internal import MRDLOperators
internal import MRDLTraining

/// A model that a training goes on from: one input, its first output, and only what leads to it.
package struct BaseModel: Sendable {
  package private(set) var model: Model
  package let recipe: BaseRecipe

  /// - Throws: `MRDL9007` where the recipe names no model, `MRDL5002` for one that cannot be trained, or what
  ///   opening the file throws.
  package init(_ recipe: BaseRecipe) throws(MRDLError) {
    self.recipe = recipe
    guard !recipe.model.isEmpty else {
      throw MRDLError(
        .badUsage, "the recipe needs a model to go on from", expected: "--set from.model=FILE")
    }
    model = try ModelFile.open(recipe.model)
    let place = Place(file: recipe.model)
    guard !model.isWeightsOnly else {
      throw MRDLError(
        .badRecipe, "the file has weights and no architecture", expected: "a model", at: place)
    }
    guard model.state.isEmpty, model.graph.inputs.count == 1,
      let shape = model.graph.inputs[0].shape, shape.rank > 1, !model.graph.outputs.isEmpty,
      model.graph.inputs[0].scalarType == .float32,
      (model.graph.inputs + model.graph.outputs).allSatisfy({ $0.kind == .tensor })
    else {
      throw MRDLError(
        .badRecipe, "only a model with one input, and without state, can be gone on from",
        found: model.graph.inputs.map(\.description).joined(separator: ", "),
        expected: "f32 [N, …]", at: place)
    }
    // Any number of samples, whatever the file was written for.
    model.graph.inputs[0].shape?[0] = .symbolic("N")
    keep([model.graph.outputs[0]])
    if let shape = model.graph.outputs[0].shape, shape.rank > 0 {
      model.graph.outputs[0].shape?[0] = .symbolic("N")
    }
    let former = model.card
    model.card.baseModel = former.name.isEmpty ? FileSystem.name(of: recipe.model) : former.name
    model.card.metrics = []
    model.card.datasets = []
    model.removeGoldenVectors()
    model.training = nil
  }

  package var input: ValueInfo { model.graph.inputs[0] }

  /// What turns a picture or a row into the input, where the model says so.
  package var preprocessing: Preprocessing? { model.preprocessing[input.name] }

  /// Whether pictures go in with the channels last.
  var hasChannelsLast: Bool {
    if case .image(let image)? = preprocessing { return image.layout == .nhwc }
    guard let shape = input.shape, shape.rank == 4 else { return false }
    let channels: [Int?] = [1, 3]
    return !channels.contains(shape[1].value) && channels.contains(shape[3].value)
  }

  /// Refuses samples of another shape.
  ///
  /// - Throws: `MRDL5002`, with both shapes.
  func check(_ sample: Shape) throws(MRDLError) {
    let dimensions = (input.shape?.dimensions ?? []).dropFirst()
    let fits =
      dimensions.count == sample.rank
      && zip(dimensions, sample.dimensions).allSatisfy { $0.value ?? $1 == $1 }
    guard fits else {
      throw MRDLError(
        .badRecipe, "the model takes other samples than the data have", found: "\(sample)",
        expected: "\(input)", at: Place(file: recipe.model))
    }
  }

  /// What names of new layers begin with, so that no tensor or value has them.
  func unusedPrefix(_ stem: String) -> String {
    let names = model.tensors.names.union(model.graph.nodes.flatMap(\.outputs))
    var prefix = "\(stem)."
    var number = 2
    while names.contains(where: { $0.hasPrefix(prefix) }) {
      prefix = "\(stem)\(number)."
      number += 1
    }
    return prefix
  }

  /// The tensors that are learned.
  func parameterNames() -> [String] {
    // What a recipe has put around its layers to bring numbers to another scale is no layer.
    model.parameterNames(excluding: recipe.frozen + ["input.*", "target.*", "restoration.*"])
  }

  /// Leaves what leads to some values, and makes them the outputs.
  private mutating func keep(_ outputs: [ValueInfo]) {
    var wanted = Set(outputs.map(\.name))
    var nodes: [Node] = []
    for node in model.graph.nodes.reversed() where node.outputs.contains(where: wanted.contains) {
      nodes.append(node)
      wanted.formUnion(node.inputs.filter { !$0.isEmpty })
      for (_, graph) in node.subgraphs { wanted.formUnion(graph.capturedNames) }
      for case .tensor(let name) in node.attributes.values { wanted.insert(name) }
    }
    model.graph.nodes = nodes.reversed()
    model.graph.outputs = outputs
    model.meanings = model.meanings.filter { name, _ in outputs.contains { $0.name == name } }
    model.tensors = TensorTable(filtering: model.tensors) { wanted.contains($0.info.name) }
  }

  // MARK: Ends

  /// The value that goes into the last layer with weights: where another one can take its place.
  ///
  /// - Throws: `MRDL5002` where there is no such layer.
  func lastLayerInput() throws(MRDLError) -> String {
    let last = model.graph.nodes.last { node in
      ["Gemm", "MatMul", "Conv"].contains(node.operatorName)
        && node.inputs.dropFirst().contains { model.tensors[$0] != nil }
    }
    guard let last else {
      throw MRDLError(
        .badRecipe, "the model has no layer with weights that could be replaced",
        expected: "from.cut with the name of a value", at: Place(file: recipe.model))
    }
    return last.inputs[0]
  }

  /// The operator that gives the output.
  var lastNode: Node? {
    let name = model.graph.outputs[0].name
    return model.graph.nodes.last { $0.outputs.contains(name) }
  }

  /// What is known of each value of the model up to one, for a batch of one sample.
  ///
  /// - Parameter sample: the shape of one sample.
  /// - Throws: `MRDL5002` where the model has no such value or its shape cannot be told.
  mutating func cutting(
    at value: String, sample: Shape
  ) throws(MRDLError) -> [String: ValueFacts] {
    let place = Place(file: recipe.model)
    let known = Set(model.graph.nodes.flatMap(\.outputs) + [input.name])
    guard known.contains(value) else {
      throw MRDLError(
        .badRecipe, "the model has no value of that name", found: "\"\(value)\"",
        expected: model.graph.nodes.suffix(8).flatMap(\.outputs).joined(separator: ", "), at: place)
    }
    keep([ValueInfo(value, .float32, nil)])
    var facts: [String: ValueFacts] = [:]
    for tensor in model.tensors {
      // Only small constants decide shapes.
      facts[tensor.info.name] =
        tensor.info.shape.elementCount <= 4096
        ? ValueFacts(constant: try tensor.load())
        : ValueFacts(tensor.info.scalarType, tensor.info.shape)
    }
    facts[input.name] = ValueFacts(input.scalarType, Shape([1] + sample.dimensions))
    for node in model.graph.nodes {
      let place = Place(node.displayName)
      let op = try OperatorSet.standard.makeOperator(node, place: place)
      let results = try op.infer(
        Operands(
          node.inputs.map { $0.isEmpty ? nil : facts[$0] }, outputCount: node.outputs.count,
          place: place))
      for (output, result) in zip(node.outputs, results) where !output.isEmpty {
        facts[output] = result
      }
    }
    guard facts[value]?.concreteShape != nil else {
      throw MRDLError(
        .badRecipe, "the shape of a value of the model is not known", found: "\"\(value)\"",
        at: place)
    }
    return facts
  }
}

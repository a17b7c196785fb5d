public import MRDLCore

extension ModelHeader {
  /// The header as JSON. The same model always gives the same text.
  public func encoded() -> JSONValue {
    var members: [JSONMember] = []
    members.append(JSONMember("format", "MRDL"))
    members.append(JSONMember("version", .string(version.description)))
    members.append(
      JSONMember(
        "opsets",
        .object(
          model.opsets.sorted { $0.key < $1.key }.map {
            JSONMember($0.key, .integer(Int64($0.value)))
          })))
    members.append(JSONMember("graph", encode(model.graph)))
    members.append(JSONMember("tensors", .array(tensors.map(encode))))
    members.append(
      dictionary: "preprocessing", model.preprocessing.mapValues(encode(preprocessing:)))
    members.append(dictionary: "meanings", model.meanings.mapValues(encode(meaning:)))
    let card = encode(model.card)
    if card != .object([]) { members.append(JSONMember("card", card)) }
    if !model.goldenVectors.isEmpty {
      members.append(JSONMember("golden", .array(model.goldenVectors.map(encode))))
    }
    if !model.state.isEmpty {
      members.append(JSONMember("state", .array(model.state.map(encode))))
    }
    if let training = model.training { members.append(JSONMember("training", encode(training))) }
    return .object(members)
  }

  /// The header as UTF-8 text, as files hold it.
  public func encodedText() -> [UInt8] { Array(encoded().text(.compact).utf8) }
}

// MARK: Graph

private func encode(_ graph: Graph) -> JSONValue {
  var members: [JSONMember] = []
  members.append(text: "name", graph.name)
  members.append(JSONMember("inputs", .array(graph.inputs.map(encode))))
  members.append(JSONMember("outputs", .array(graph.outputs.map(encode))))
  members.append(JSONMember("nodes", .array(graph.nodes.map(encode))))
  return .object(members)
}

private func encode(_ value: ValueInfo) -> JSONValue {
  var members = [
    JSONMember("name", .string(value.name)), JSONMember("type", .string(value.scalarType.rawValue)),
  ]
  if let shape = value.shape { members.append(JSONMember("shape", encode(shape))) }
  if value.kind != .tensor { members.append(JSONMember("kind", .string(value.kind.rawValue))) }
  return .object(members)
}

private func encode(_ shape: SymbolicShape) -> JSONValue {
  .array(
    shape.dimensions.map { dimension in
      switch dimension {
      case .fixed(let value): .integer(Int64(value))
      case .symbolic(let name): .string(name)
      case .unknown: .null
      }
    })
}

private func encode(_ node: Node) -> JSONValue {
  var members: [JSONMember] = []
  members.append(text: "name", node.name)
  members.append(JSONMember("operator", .string(node.operatorName)))
  members.append(text: "domain", node.domain)
  members.append(JSONMember("inputs", .strings(node.inputs)))
  members.append(JSONMember("outputs", .strings(node.outputs)))
  members.append(dictionary: "attributes", node.attributes.mapValues(encode))
  return .object(members)
}

private func encode(_ attribute: AttributeValue) -> JSONValue {
  switch attribute {
  case .integer(let value): .integer(value)
  case .float(let value): encode(float: value)
  case .string(let value): .string(value)
  case .integers(let values): .array(values.map { .integer($0) })
  // An empty array is one of integers: other empty lists say what they are.
  case .floats([]): .object(["floats": .array([])])
  case .strings([]): .object(["strings": .array([])])
  case .floats(let values): .array(values.map(encode(float:)))
  case .strings(let values): .strings(values)
  case .tensor(let name): .object(["tensor": .string(name)])
  case .graph(let graph): .object(["graph": encode(graph)])
  }
}

/// JSON has no infinities and no NaN: they are objects with the name of the value.
private func encode(float value: Double) -> JSONValue {
  if value.isFinite { return .number(value) }
  return .object(["float": .string(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf")])
}

// MARK: Tensors

private func encode(_ tensor: TensorInfo) -> JSONValue {
  var members = [
    JSONMember("name", .string(tensor.name)),
    JSONMember("type", .string(tensor.scalarType.rawValue)),
    JSONMember("shape", .integers(tensor.shape.dimensions)),
  ]
  if let axes = tensor.axes { members.append(JSONMember("axes", .string(axes))) }
  if let quantization = tensor.quantization {
    var parts = [JSONMember("scale", .string(quantization.scale))]
    if let zeroPoint = quantization.zeroPoint {
      parts.append(JSONMember("zero_point", .string(zeroPoint)))
    }
    if let axis = quantization.axis { parts.append(JSONMember("axis", .integer(Int64(axis)))) }
    members.append(JSONMember("quantization", .object(parts)))
  }
  return .object(members)
}

// MARK: Interface

private func encode(preprocessing: Preprocessing) -> JSONValue {
  switch preprocessing {
  case .image(let image):
    var members = [
      JSONMember("kind", "image"),
      JSONMember("color_space", .string(image.colorSpace.rawValue)),
      JSONMember("layout", .string(image.layout.rawValue)),
    ]
    if let resize = image.resize { members.append(JSONMember("resize", encode(resize))) }
    members.append(JSONMember("scale", .number(image.scale)))
    members.append(JSONMember("mean", .array(image.mean.map { .number($0) })))
    members.append(JSONMember("std", .array(image.standardDeviation.map { .number($0) })))
    return .object(members)
  case .features(let features):
    return .object([
      "kind": "features",
      "names": .strings(features.names),
      "mean": .array(features.mean.map { .number($0) }),
      "std": .array(features.standardDeviation.map { .number($0) }),
    ])
  }
}

private func encode(_ resize: ImagePreprocessing.Resize) -> JSONValue {
  var members = [
    JSONMember("fit", .string(resize.fit.rawValue)),
    JSONMember("interpolation", .string(resize.interpolation.rawValue)),
    JSONMember("antialias", .bool(resize.antialias)),
  ]
  for (key, extent) in [
    ("shorter_side", resize.shorterSide), ("height", resize.height), ("width", resize.width),
  ] {
    if let extent { members.append(JSONMember(key, .integer(Int64(extent)))) }
  }
  return .object(members)
}

private func encode(meaning: OutputMeaning) -> JSONValue {
  var members = [
    JSONMember("task", .string(meaning.task.rawValue)),
    JSONMember("scale", .string(meaning.scale.rawValue)),
  ]
  if !meaning.labels.isEmpty { members.append(JSONMember("labels", .strings(meaning.labels))) }
  if let threshold = meaning.threshold {
    members.append(JSONMember("threshold", .number(threshold)))
  }
  return .object(members)
}

private func encode(_ card: ModelCard) -> JSONValue {
  var members: [JSONMember] = []
  members.append(text: "name", card.name)
  members.append(text: "description", card.description)
  if !card.authors.isEmpty { members.append(JSONMember("authors", .strings(card.authors))) }
  members.append(text: "license", card.license)
  if !card.datasets.isEmpty {
    members.append(JSONMember("datasets", .array(card.datasets.map(encode))))
  }
  if !card.metrics.isEmpty {
    members.append(JSONMember("metrics", .array(card.metrics.map(encode))))
  }
  members.append(text: "base_model", card.baseModel)
  members.append(text: "producer", card.producer)
  members.append(text: "created", card.created)
  return .object(members)
}

private func encode(_ dataset: ModelCard.Dataset) -> JSONValue {
  var members = [
    JSONMember("name", .string(dataset.name)), JSONMember("split", .string(dataset.split)),
    JSONMember("samples", .integer(Int64(dataset.sampleCount))),
  ]
  members.append(text: "sha256", dataset.digest)
  return .object(members)
}

private func encode(_ metric: ModelCard.Metric) -> JSONValue {
  .object([
    "name": .string(metric.name), "value": encode(float: metric.value),
    "dataset": .string(metric.dataset), "split": .string(metric.split),
  ])
}

private func encode(_ golden: GoldenVector) -> JSONValue {
  func encode(_ values: [String: GoldenValue]) -> JSONValue {
    .object(
      values.sorted { $0.key < $1.key }.map { name, value in
        switch value {
        case .tensor(let tensor): JSONMember(name, .string(tensor))
        case .sequence(let tensors): JSONMember(name, .array(tensors.map { .string($0) }))
        case .absent: JSONMember(name, .null)
        }
      })
  }
  return .object([
    "name": .string(golden.name),
    "inputs": encode(golden.inputs),
    "outputs": encode(golden.outputs),
    "absolute_tolerance": .number(golden.absoluteTolerance),
    "relative_tolerance": .number(golden.relativeTolerance),
  ])
}

private func encode(_ binding: StateBinding) -> JSONValue {
  var members = [
    JSONMember("output", .string(binding.output)), JSONMember("input", .string(binding.input)),
  ]
  if let initial = binding.initial { members.append(JSONMember("initial", .string(initial))) }
  return .object(members)
}

private func encode(_ training: TrainingRecord) -> JSONValue {
  var members = [
    JSONMember("recipe", training.recipe),
    JSONMember("seed", .string(String(training.seed))),
    JSONMember("instruction_set", .string(training.instructionSet)),
    JSONMember(
      "history",
      .array(
        training.history.map { epoch in
          .object(
            [JSONMember("epoch", .integer(Int64(epoch.epoch)))]
              + epoch.values.sorted { $0.key < $1.key }.map {
                JSONMember($0.key, encode(float: $0.value))
              })
        })),
  ]
  if let state = training.state {
    members.append(
      JSONMember(
        "state", .object(["progress": state.progress, "tensors": .strings(state.tensors)])))
  }
  return .object(members)
}

// MARK: Members

extension [JSONMember] {
  /// Adds a member unless its text is empty.
  fileprivate mutating func append(text key: String, _ text: String) {
    if !text.isEmpty { append(JSONMember(key, .string(text))) }
  }

  /// Adds an object in the order of its keys unless it is empty.
  fileprivate mutating func append(dictionary key: String, _ values: [String: JSONValue]) {
    if values.isEmpty { return }
    append(
      JSONMember(
        key, .object(values.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) })))
  }
}

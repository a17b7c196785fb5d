package import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension ModelSummary {
  /// The summary for programs: `Schemas/mrdl-inspect-1.schema.json` describes it. Inputs, outputs, card
  /// and training have the form that they have in the header of the file.
  package func json(path: String, format: String, byteCount: Int?) -> JSONValue {
    let header = ModelHeader(model).encoded()
    var members: [JSONMember] = [
      JSONMember("path", .string(path)),
      JSONMember("format", .string(format)),
      JSONMember("bytes", byteCount.map { .integer(Int64($0)) } ?? .null),
    ]
    for key in ["opsets", "card", "preprocessing", "meanings", "state"] {
      if let value = header[key] { members.append(JSONMember(key, value)) }
    }
    members += [
      JSONMember("inputs", .array(model.graph.inputs.map(Self.json))),
      JSONMember("outputs", .array(model.graph.outputs.map(Self.json))),
      JSONMember("layers", .array(layers.map(Self.json))),
      JSONMember("totals", totals.json),
      JSONMember("golden_vectors", .integer(Int64(model.goldenVectors.count))),
      JSONMember("training", trainingJSON ?? .null),
      JSONMember("findings", .array(findings.map { $0.json })),
    ]
    return .object(members)
  }

  private static func json(_ info: ValueInfo) -> JSONValue {
    let value = json(Value(name: info.name, scalarType: info.scalarType, shape: info.shape))
    guard info.kind != .tensor, case .object(let members) = value else { return value }
    return .object(members + [JSONMember("kind", .string(info.kind.rawValue))])
  }

  private static func json(_ value: Value) -> JSONValue {
    .object([
      "name": .string(value.name),
      "type": value.scalarType.map { .string($0.rawValue) } ?? .null,
      "shape": value.shape.map { .array($0.dimensions.map(json)) } ?? .null,
    ])
  }

  private static func json(_ dimension: Dimension) -> JSONValue {
    switch dimension {
    case .fixed(let value): .integer(Int64(value))
    case .symbolic(let name): .string(name)
    case .unknown: .null
    }
  }

  private static func json(_ layer: Layer) -> JSONValue {
    .object([
      "name": .string(layer.name),
      "operator": .string(layer.operatorName),
      "depth": .integer(Int64(layer.depth)),
      "outputs": .array(layer.outputs.map(json)),
      "parameters": .integer(Int64(layer.parameterCount)),
      "parameter_bytes": .integer(Int64(layer.parameterByteCount)),
      "multiply_adds": layer.cost.map { .integer(Int64($0.multiplyAdds)) } ?? .null,
      "operations": layer.cost.map { .integer(Int64($0.operations)) } ?? .null,
      "activation_bytes": layer.activationByteCount.map { .integer(Int64($0)) } ?? .null,
    ])
  }

  private var trainingJSON: JSONValue? {
    guard let training = model.training else { return nil }
    return .object([
      "seed": .string(String(training.seed)),
      "instruction_set": .string(training.instructionSet),
      "epochs": .integer(Int64(training.history.count)),
      "last": .object(
        (training.history.last?.values ?? [:]).sorted { $0.key < $1.key }.map {
          JSONMember($0.key, .finite($0.value))
        }),
    ])
  }
}

extension ModelSummary.Totals {
  /// The sums as a JSON object.
  var json: JSONValue {
    .object([
      "parameters": .integer(Int64(parameterCount)),
      "parameter_bytes": .integer(Int64(parameterByteCount)),
      "multiply_adds": .integer(Int64(cost.multiplyAdds)),
      "operations": .integer(Int64(cost.operations)),
      "activation_bytes": .integer(Int64(activationByteCount)),
      "peak_activation_bytes": .integer(Int64(peakActivationByteCount)),
      "unknown_layers": .integer(Int64(unknownLayerCount)),
    ])
  }
}

extension Finding {
  /// The finding as a JSON object.
  package var json: JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    return .object([
      "code": .string(code.description),
      "severity": .string(severity.rawValue),
      "message": .string(message),
      "found": text(found),
      "expected": text(expected),
      "place": .object([
        "file": text(place.file),
        "path": text(place.path),
        "byte_offset": place.byteOffset.map { .integer(Int64(clamping: $0)) } ?? .null,
      ]),
      "remedy": .string(code.remedy),
    ])
  }
}

package import MRDLCore
package import MRDLInterchange
package import MRDLModel

extension SafetensorsFile {
  /// Writes the weights of a model: wide types first, then by name, as the reference writer does.
  ///
  /// - Parameter log: takes what the format has no place for.
  /// - Throws: `MRDL6012` for a type that the format lacks, `MRDL9003`, `MRDL9005`, `MRDL9006` where the
  ///   file cannot be written, or an error of reading a tensor.
  package static func write(
    _ model: Model, to path: String, replacing: Bool, log: ConversionLog? = nil
  ) throws(MRDLError) {
    let tensors = model.exportedWeights(log: log, format: "safetensors").sorted {
      ($1.info.scalarType.bitWidth, $0.info.name) < ($0.info.scalarType.bitWidth, $1.info.name)
    }
    let header = try header(of: tensors, card: model.card, path: path)
    var file = try AtomicFile(path: path, replacing: replacing)
    try file.write(header)
    for tensor in tensors { try file.write(tensor.load()) }
    try file.commit()
  }

  /// The length and the text of the header, padded so that the tensors begin at a multiple of 8.
  private static func header(
    of tensors: [ModelTensor], card: ModelCard, path: String
  ) throws(MRDLError) -> [UInt8] {
    var members: [JSONMember] = []
    let metadata = metadata(of: card)
    if !metadata.isEmpty { members.append(JSONMember(metadataKey, .object(metadata))) }
    var end = 0
    for tensor in tensors {
      let info = tensor.info
      let place = Place(file: path, path: info.name)
      guard let type = info.scalarType.safetensorsName, info.name != metadataKey,
        let byteCount = info.byteCount, let next = end.addingChecked(byteCount),
        info.scalarType.bitWidth * info.shape.elementCount % 8 == 0
      else {
        throw MRDLError(
          .notExportable, "safetensors has no such tensors",
          found: "\(info.scalarType.rawValue) \(info.shape)", at: place)
      }
      members.append(
        JSONMember(
          info.name,
          .object([
            "dtype": .string(type), "shape": .integers(info.shape.dimensions),
            "data_offsets": .integers([end, next]),
          ])))
      end = next
    }
    var text = Array(JSONValue.object(members).text(.compact).utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    guard text.count <= headerByteCountLimit else {
      throw MRDLError(
        .limitExceeded, "the header is too long", found: "\(text.count) bytes",
        expected: "at most \(headerByteCountLimit)", at: Place(file: path))
    }
    var writer = ByteWriter()
    writer.append(UInt64(text.count))
    writer.append(contentsOf: text)
    return writer.bytes
  }

  private static func metadata(of card: ModelCard) -> [JSONMember] {
    [
      ("name", card.name), ("description", card.description),
      ("authors", card.authors.joined(separator: ";")), ("license", card.license),
      ("base_model", card.baseModel), ("producer", card.producer), ("created", card.created),
    ].filter { !$0.1.isEmpty }.map { JSONMember($0.0, .string($0.1)) }
  }
}

extension Model {
  /// The tensors that a file of weights holds; the log says what stays behind.
  func exportedWeights(log: ConversionLog?, format: String) -> [ModelTensor] {
    if isWeightsOnly { return Array(tensors) }
    log?.add(
      .dropped, "the architecture, \(Quantity.count(graph.allNodeCount, "node"))",
      "\(format) holds weights alone")
    for (isThere, what) in [
      (!goldenVectors.isEmpty, Quantity.count(goldenVectors.count, "golden vector")),
      (!preprocessing.isEmpty, "preprocessing"), (!meanings.isEmpty, "meanings"),
    ] where isThere {
      log?.add(.dropped, what, "\(format) holds weights alone")
    }
    return parameters
  }
}

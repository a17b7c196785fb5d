internal import MRDLCore
internal import MRDLInterchange
internal import MRDLModel
internal import MRDLOperators

/// Makes the protobuf message of a model. Field numbers are those of `onnx.proto`.
struct ONNXExporter {
  /// Puts the bytes of large tensors into a file beside the model.
  struct ExternalData {
    /// The name of the file.
    let location: String
    private(set) var tensors: [(tensor: ModelTensor, byteOffset: Int)] = []
    private(set) var byteCount = 0

    init(location: String) { self.location = location }

    /// Where the bytes of a tensor will stand.
    mutating func add(_ tensor: ModelTensor, byteCount count: Int) -> Int {
      // A page, so that readers can map each tensor.
      let start = (byteCount + 4095) / 4096 * 4096
      tensors.append((tensor, start))
      byteCount = start + count
      return start
    }
  }

  /// Tensors of fewer bytes stay in the model.
  private static let externalByteCount = 1024

  private let model: Model
  private(set) var externalData: ExternalData?
  /// Outputs of graphs inside nodes that come from outside of them.
  private var copyCount = 0

  /// - Parameter externalLocation: the name of a file for large tensors; nil to keep all in the model.
  init(_ model: Model, externalLocation: String? = nil) {
    self.model = model
    externalData = externalLocation.map { ExternalData(location: $0) }
  }

  /// The message of the model (`ModelProto`).
  ///
  /// - Throws: `MRDL6012` for what ONNX cannot hold.
  mutating func message() throws(MRDLError) -> ProtobufMessage {
    let version = ONNXVersions.version(for: model)
    var message = ProtobufMessage()
    message.append(1, ONNXVersions.formatVersion(of: version))
    message.append(2, "mrdl")
    message.append(3, Release.version)
    message.append(6, unlessEmpty: model.card.description)
    message.append(7, try graph(model.graph, isOutermost: true))
    var opsets = [("", version)]
    for domain in Self.domains(of: model.graph).sorted() {
      opsets.append((domain, model.opsets[domain] ?? 1))
    }
    for (domain, version) in opsets {
      var entry = ProtobufMessage()
      entry.append(1, unlessEmpty: domain)
      entry.append(2, version)
      message.append(8, entry)
    }
    for (key, value) in properties {
      var entry = ProtobufMessage()
      entry.append(1, key)
      entry.append(2, value)
      message.append(14, entry)
    }
    return message
  }

  private static func domains(of graph: Graph) -> Set<String> {
    var domains: Set<String> = []
    for node in graph.nodes {
      domains.insert(node.domain)
      for (_, inner) in node.subgraphs { domains.formUnion(Self.domains(of: inner)) }
    }
    domains.remove("")
    return domains
  }

  private var properties: [(String, String)] {
    var properties: [(String, String)] = []
    if !model.card.authors.isEmpty {
      properties.append(("author", model.card.authors.joined(separator: ", ")))
    }
    if !model.card.license.isEmpty { properties.append(("license", model.card.license)) }
    // The header without the graph, which the file has already.
    var rest = model
    rest.graph = Graph()
    rest.goldenVectors = []
    rest.tensors = TensorTable()
    let header = ModelHeader(rest).encoded()
    let hasMore = ["preprocessing", "meanings", "card", "state", "training"].contains {
      header[$0] != nil
    }
    if hasMore { properties.append((ONNXFile.headerProperty, header.text(.compact))) }
    return properties
  }

  // MARK: Graphs

  /// `GraphProto`.
  private mutating func graph(
    _ graph: Graph, isOutermost: Bool
  ) throws(MRDLError) -> ProtobufMessage {
    var message = ProtobufMessage()
    var made = Set(graph.inputs.map(\.name))
    for node in graph.nodes {
      message.append(1, try self.node(node))
      made.formUnion(node.outputs)
    }
    // An output of a graph inside a node must be one of its own values.
    var outputs = graph.outputs
    for (index, output) in graph.outputs.enumerated()
    where !isOutermost && !made.contains(output.name) {
      copyCount += 1
      outputs[index].name = "\(output.name).copy\(copyCount)"
      message.append(
        1,
        try self.node(Node("Identity", inputs: [output.name], outputs: [outputs[index].name])))
    }
    message.append(
      2, graph.name.isEmpty ? (model.card.name.isEmpty ? "model" : model.card.name) : graph.name)
    if isOutermost {
      let needed = Self.namesRead(by: graph)
        .union(graph.outputs.map(\.name)).union(model.state.compactMap(\.initial))
      for tensor in model.tensors where needed.contains(tensor.info.name) {
        message.append(5, try self.tensor(tensor, named: tensor.info.name))
      }
    }
    for input in graph.inputs { message.append(11, try value(input, isOutermost: isOutermost)) }
    for output in outputs { message.append(12, try value(output, isOutermost: isOutermost)) }
    return message
  }

  /// The names that nodes read, graphs inside them included; tensors that are attributes are not read.
  private static func namesRead(by graph: Graph) -> Set<String> {
    var names: Set<String> = []
    for node in graph.nodes {
      names.formUnion(node.inputs)
      for (_, inner) in node.subgraphs {
        names.formUnion(namesRead(by: inner))
        names.formUnion(inner.outputs.map(\.name))
      }
    }
    return names
  }

  /// `ValueInfoProto`. What is no tensor has no type at the border of a graph inside a node: it follows from
  /// the nodes, and models may not know it.
  private func value(_ info: ValueInfo, isOutermost: Bool) throws(MRDLError) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.append(1, info.name)
    guard info.kind == .tensor || isOutermost else { return message }
    let tensor = try tensorType(info)
    let type: ProtobufMessage
    switch info.kind {
    case .tensor: type = tensor
    case .sequence: type = Self.wrapped(tensor, as: 4)
    case .optional: type = Self.wrapped(tensor, as: 9)
    case .optionalSequence: type = Self.wrapped(Self.wrapped(tensor, as: 4), as: 9)
    case .any:
      throw MRDLError(
        .notExportable, "an ONNX file needs the types of its inputs and outputs",
        found: "\(info)", at: Place(info.name))
    }
    message.append(2, type)
    return message
  }

  /// A `TypeProto` of values that hold some of another type: field 4 is a sequence, 9 an optional value.
  private static func wrapped(_ element: ProtobufMessage, as field: Int) -> ProtobufMessage {
    var inner = ProtobufMessage()
    inner.append(1, element)
    var type = ProtobufMessage()
    type.append(field, inner)
    return type
  }

  /// The `TypeProto` of a tensor.
  private func tensorType(_ info: ValueInfo) throws(MRDLError) -> ProtobufMessage {
    var tensor = ProtobufMessage()
    tensor.append(1, try code(of: info.scalarType, info.name))
    if let shape = info.shape {
      var extents = ProtobufMessage()
      for dimension in shape.dimensions {
        var extent = ProtobufMessage()
        switch dimension {
        case .fixed(let value): extent.append(1, value)
        case .symbolic(let name): extent.append(2, name)
        case .unknown: break
        }
        extents.append(1, extent)
      }
      tensor.append(2, extents)
    }
    var type = ProtobufMessage()
    type.append(1, tensor)
    return type
  }

  private func code(of type: ScalarType, _ name: String) throws(MRDLError) -> Int {
    guard let code = type.onnxCode else {
      throw MRDLError(
        .notExportable, "ONNX has no such type", found: type.rawValue, at: Place(name))
    }
    return code
  }

  // MARK: Nodes

  /// `NodeProto`.
  private mutating func node(_ node: Node) throws(MRDLError) -> ProtobufMessage {
    guard node.domain != "mrdl" else {
      throw MRDLError(
        .notExportable, "ONNX has no such operator", found: node.qualifiedOperatorName,
        at: Place(node.displayName))
    }
    guard node.operatorName != "Optional" || !node.domain.isEmpty || !node.inputs.isEmpty else {
      throw MRDLError(
        .notExportable, "ONNX needs the type of an optional value that is not there",
        found: "Optional without an input", expected: "Optional of a value",
        at: Place(node.displayName))
    }
    var message = ProtobufMessage()
    for input in node.inputs { message.append(1, input) }
    for output in node.outputs { message.append(2, output) }
    message.append(3, unlessEmpty: node.name)
    message.append(4, node.operatorName)
    for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
      message.append(5, try attribute(name, value, of: node))
    }
    message.append(7, unlessEmpty: node.domain)
    return message
  }

  /// `AttributeProto`; field 20 says which of the others holds the value.
  private mutating func attribute(
    _ name: String, _ value: AttributeValue, of node: Node
  ) throws(MRDLError) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.append(1, name)
    let type: Int
    switch value {
    case .float(let number):
      message.append(2, Float(number))
      type = 1
    case .integer(let number):
      message.append(3, number)
      type = 2
    case .string(let text):
      message.append(4, text)
      type = 3
    case .tensor(let tensorName):
      guard let tensor = model.tensors[tensorName] else {
        throw MRDLError(
          .missingTensor, "an attribute names a tensor that the model lacks",
          found: "\"\(tensorName)\"", at: Place(node.displayName))
      }
      message.append(5, try self.tensor(tensor, named: tensorName))
      type = 4
    case .graph(let inner):
      message.append(6, try graph(inner, isOutermost: false))
      type = 5
    case .floats(let numbers):
      for number in numbers { message.append(7, Float(number)) }
      type = 6
    case .integers(let numbers):
      for number in numbers { message.append(8, number) }
      type = 7
    case .strings(let texts):
      for text in texts { message.append(9, text) }
      type = 8
    }
    message.append(20, type)
    return message
  }

  /// `TensorProto`.
  private mutating func tensor(
    _ tensor: ModelTensor, named name: String
  ) throws(MRDLError) -> ProtobufMessage {
    guard let byteCount = tensor.info.byteCount else {
      throw MRDLError(.limitExceeded, "a tensor is too large", at: Place(name))
    }
    var message = ProtobufMessage()
    for extent in tensor.info.shape.dimensions { message.append(1, extent) }
    message.append(2, try code(of: tensor.info.scalarType, name))
    message.append(8, name)
    if externalData != nil, byteCount >= Self.externalByteCount {
      let start = externalData?.add(tensor, byteCount: byteCount) ?? 0
      for (key, value) in [
        ("location", externalData?.location ?? ""), ("offset", String(start)),
        ("length", String(byteCount)),
      ] {
        var entry = ProtobufMessage()
        entry.append(1, key)
        entry.append(2, value)
        message.append(13, entry)
      }
      message.append(14, 1)
    } else {
      message.append(9, contentOf: tensor, byteCount: byteCount)
    }
    return message
  }
}

internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Makes a model of an ONNX message: functions become nodes, initialisers and constants become tensors
/// of the table, and every node is brought to the operator set that the runtime computes.
struct ONNXImporter {
  private let path: String
  private let limits: Limits
  private let diagnostics: Diagnostics
  private let log: ConversionLog?
  private var externalFiles: ONNXExternalFiles
  var tensors = TensorTable()
  /// What is known of the values of the graph that is read.
  var facts = ONNXFacts()
  /// The nodes that say what one of the file says, while they are gathered.
  var emitted: [Node] = []
  /// Names that a new tensor or value may not take.
  private var takenNames: Set<String> = []
  private var opsets: [String: Int] = [:]

  init(
    path: String, options: OpeningOptions, diagnostics: Diagnostics, log: ConversionLog? = nil
  ) {
    self.path = path
    limits = options.limits
    self.diagnostics = diagnostics
    self.log = log
    externalFiles = ONNXExternalFiles(
      directory: FileSystem.directory(of: path), memory: options.memory)
  }

  /// The model that a message describes.
  mutating func model(_ message: ONNXModel) throws(MRDLError) -> Model {
    guard let graph = message.graph else {
      throw MRDLError(
        .truncatedONNX, "the file is cut short before its graph", found: "no graph",
        expected: "a graph behind the names of the producer")
    }
    opsets = message.opsets
    // Operator sets stand behind the graph, and no model since version 3 of the format is without.
    guard !opsets.isEmpty || message.formatVersion < 3 else {
      throw MRDLError(
        .truncatedONNX, "the file is cut short behind its graph", found: "no operator set",
        expected: "one or more, as version \(message.formatVersion) of the format demands")
    }
    try Self.checkVersions(opsets)
    var functions = try ONNXFunctions(message.functions, limits: limits)
    let expanded = try functions.expand(graph)
    takeNames(of: expanded)
    let converted = try convert(expanded, scope: [:], isOutermost: true)
    var versions = opsets
    versions.merge(OperatorSet.currentVersions) { $1 }
    var model = Model(graph: converted, opsets: versions, tensors: tensors)
    model.card.name = graph.name
    model.card.description =
      message.documentation.isEmpty ? graph.documentation : message.documentation
    model.card.producer = [message.producerName, message.producerVersion]
      .filter { !$0.isEmpty }.joined(separator: " ")
    readProperties(message.metadata, into: &model)
    return model
  }

  /// The properties of the file: what this package wrote there itself, and what cards have.
  private func readProperties(
    _ properties: [(key: String, value: String)], into model: inout Model
  ) {
    var header: String?
    for (key, value) in properties {
      switch key {
      case ONNXFile.headerProperty: header = value
      case "author", "authors", "model_author":
        model.card.authors = value.split(separator: ",").map(Self.trimmed)
      case "license", "model_license": model.card.license = value
      case "description" where model.card.description.isEmpty: model.card.description = value
      default:
        log?.add(.dropped, "property \(key)", "cards of models have no such entry")
        diagnostics.report(
          .unsupportedONNX, .note, "a property of the model is not kept",
          found: "\(key) = \(value.prefix(200))")
      }
    }
    guard let header else { return }
    do throws(MRDLError) {
      let place = Place(ONNXFile.headerProperty)
      let value = try JSONParser.parse(header, limits: limits, place: place)
      let notes = Diagnostics()
      let stated = try ModelHeader(
        decoding: JSONCursor(value, place: place), limits: limits, diagnostics: notes
      ).model
      try notes.throwFirstError()
      model.preprocessing = stated.preprocessing
      model.meanings = stated.meanings
      model.state = stated.state
      model.training = stated.training
      model.card = stated.card
    } catch {
      log?.add(.dropped, "property \(ONNXFile.headerProperty)", error.message)
      diagnostics.report(
        .unsupportedONNX, .warning, "what the file says of its use cannot be read",
        found: error.message)
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  private static func checkVersions(_ opsets: [String: Int]) throws(MRDLError) {
    guard let version = opsets[""] else { return }
    let supported = ONNXFile.opsetVersions
    guard !supported.contains(version) else { return }
    throw MRDLError(
      version > supported.upperBound ? .unknownOpset : .unsupportedONNX,
      "the operator set of the model is not known", found: "version \(version)",
      expected: "\(supported.lowerBound) to \(supported.upperBound)")
  }

  // MARK: Names

  private mutating func takeNames(of graph: ONNXGraph) {
    for input in graph.inputs { takenNames.insert(input.name) }
    for tensor in graph.initializers { takenNames.insert(tensor.name) }
    for node in graph.nodes {
      takenNames.formUnion(node.outputs)
      for case .graph(let inner) in node.attributes.map(\.value) { takeNames(of: inner) }
    }
  }

  /// A name that begins with the given one and that nothing has yet.
  mutating func newName(_ name: String) -> String { takenNames.insertNew(name) }

  /// Adds a tensor that the import makes, and gives its name.
  mutating func addConstant(_ tensor: Tensor, _ name: String) -> String {
    let name = newName(name)
    tensors[name] = ModelTensor(name, tensor)
    return name
  }

  // MARK: Graphs

  /// What the file tells of a value.
  struct KnownValue {
    var scalarType: ScalarType?
    var rank: Int?
  }

  /// - Parameter scope: the names that stand for others in the graphs around this one.
  private mutating func convert(
    _ message: ONNXGraph, scope: [String: String], isOutermost: Bool
  ) throws(MRDLError) -> Graph {
    guard message.sparseInitializerCount == 0 else {
      throw MRDLError(
        .unsupportedONNX, "a graph has sparse initialisers", found: message.name,
        expected: "dense ones")
    }
    var scope = scope
    for tensor in message.initializers {
      try add(tensor, named: tensor.name, scope: &scope, isOutermost: isOutermost)
    }
    let initialized = Set(message.initializers.map(\.name))
    var graph = Graph(name: message.name)
    // Files of the first versions list initialisers among the inputs.
    for input in message.inputs where !initialized.contains(input.name) {
      graph.inputs.append(try value(input, "input", isOutermost))
    }
    var known: [String: KnownValue] = [:]
    for value in message.inputs + message.values + message.outputs {
      if case .known(.tensor, let dataType, let shape) = value.kind {
        known[value.name] = KnownValue(
          scalarType: ScalarType(onnxCode: dataType), rank: shape?.count)
        if needsFacts, let type = ScalarType(onnxCode: dataType) {
          facts.declare(value.name, type, shape.map(Self.shape))
        }
      }
    }
    for node in message.nodes {
      if try addConstant(node, scope: &scope, isOutermost: isOutermost) {
        log?.add(.folded, "\(node.outputs[0]) (Constant)", "a tensor of the table")
        continue
      }
      let converted = try convert(node, scope: scope)
      let version = (node.opsets ?? opsets)[node.domain] ?? ONNXFile.opsetVersions.upperBound
      let first =
        node.inputs.first.flatMap { known[$0] } ?? node.outputs.first.flatMap { known[$0] }
      let upgraded = try upgrade(converted, from: version, first: first ?? KnownValue())
      if needsFacts {
        for node in upgraded { facts.infer(node, tensors: tensors) }
      }
      log?.add(
        .mapped,
        "\(converted.displayName) (\(converted.qualifiedOperatorName), version \(version))",
        upgraded.map(\.qualifiedOperatorName).joined(separator: ", "))
      graph.nodes += upgraded
    }
    for output in message.outputs {
      var value = try value(output, "output", isOutermost)
      value.name = scope[value.name] ?? value.name
      graph.outputs.append(value)
    }
    return graph
  }

  /// Whether what a node means can depend on the shapes of its inputs.
  private var needsFacts: Bool {
    opsets[Self.microsoftDomain] != nil || opsets[Self.previewDomain] != nil
  }

  private mutating func add(
    _ message: ONNXTensor, named name: String, scope: inout [String: String], isOutermost: Bool
  ) throws(MRDLError) {
    var newName = name
    if !isOutermost {
      newName = self.newName(name)
      scope[name] = newName
    }
    guard tensors[newName] == nil else {
      throw MRDLError(.duplicateName, "two initialisers have the same name", found: "\"\(name)\"")
    }
    tensors[newName] = try message.modelTensor(
      named: newName, externalFiles: &externalFiles, file: path)
  }

  private func value(
    _ message: ONNXValue, _ kind: String, _ isOutermost: Bool
  ) throws(MRDLError) -> ValueInfo {
    switch message.kind {
    // Graphs inside nodes work on whatever values there are.
    case .unknown where !isOutermost:
      return ValueInfo(message.name, .float32, nil, kind: .any)
    case .known(let made, let dataType, let shape):
      guard let scalarType = ScalarType(onnxCode: dataType) else {
        throw MRDLError(
          .unsupportedONNX, "an \(kind) of a graph is of a type that is not computed with",
          found: "\"\(message.name)\": \(ONNXTensor.typeName(dataType))",
          expected: "numbers or booleans")
      }
      return ValueInfo(message.name, scalarType, shape.map(Self.shape), kind: made)
    case .other(let other):
      throw MRDLError(
        .unsupportedONNX, "an \(kind) of a graph is of a kind that is not known",
        found: "\"\(message.name)\": \(other)",
        expected: "a tensor, a sequence of tensors, or one of these as an optional value")
    case .unknown:
      throw MRDLError(
        .unsupportedONNX, "an \(kind) of a graph has no type", found: "\"\(message.name)\"",
        expected: "a tensor of a known type")
    }
  }

  private static func shape(_ dimensions: [ONNXValue.Dimension]) -> SymbolicShape {
    SymbolicShape(
      dimensions.map { dimension -> Dimension in
        switch dimension {
        // Some exporters write -1 for an extent that they do not know.
        case .value(let value):
          Int(exactly: value).flatMap { $0 < 0 ? nil : .fixed($0) } ?? .unknown
        // Some exporters call every extent that they do not know so.
        case .name("?"): .unknown
        case .name(let name): .symbolic(name)
        case .unknown: .unknown
        }
      })
  }

  // MARK: Nodes

  /// Moves a constant of numbers to the table of tensors; a false result leaves the node to the graph.
  private mutating func addConstant(
    _ node: ONNXNode, scope: inout [String: String], isOutermost: Bool
  ) throws(MRDLError) -> Bool {
    guard node.operatorName == "Constant", node.domain.isEmpty, node.attributes.count == 1,
      let output = node.outputs.first, node.outputs.count == 1, !output.isEmpty
    else { return false }
    let tensor: Tensor
    switch (node.attributes[0].name, node.attributes[0].value) {
    case ("value", .tensor(let message)):
      try add(message, named: output, scope: &scope, isOutermost: isOutermost)
      return true
    case ("value_float", .float(let value)): tensor = Tensor(scalar: value)
    case ("value_floats", .floats(let values)): tensor = Tensor(values)
    case ("value_int", .integer(let value)): tensor = Tensor(scalar: value)
    case ("value_ints", .integers(let values)): tensor = Tensor(values)
    default: return false
    }
    if isOutermost {
      guard tensors[output] == nil else {
        throw MRDLError(
          .duplicateName, "two constants have the same name", found: "\"\(output)\"")
      }
      tensors[output] = ModelTensor(output, tensor)
    } else {
      scope[output] = addConstant(tensor, output)
    }
    return true
  }

  private mutating func convert(
    _ message: ONNXNode, scope: [String: String]
  ) throws(MRDLError) -> Node {
    var node = Node(
      message.operatorName, domain: message.domain, name: message.name,
      inputs: message.inputs.map { scope[$0] ?? $0 }, outputs: message.outputs)
    while node.inputs.last?.isEmpty == true { node.inputs.removeLast() }
    while node.outputs.count > 1, node.outputs.last?.isEmpty == true { node.outputs.removeLast() }
    for attribute in message.attributes {
      let value: AttributeValue
      switch attribute.value {
      case .integer(let number): value = .integer(number)
      case .float(let number): value = .float(Double(number))
      case .string(let text): value = .string(text)
      case .integers(let numbers): value = .integers(numbers)
      case .floats(let numbers): value = .floats(numbers.map { Double($0) })
      case .strings(let texts): value = .strings(texts)
      case .tensor(let tensor):
        let name = newName(
          (node.name.isEmpty ? node.outputs.first ?? "" : node.name) + "." + attribute.name)
        tensors[name] = try tensor.modelTensor(
          named: name, externalFiles: &externalFiles, file: path)
        value = .tensor(name)
      case .graph(let graph):
        value = .graph(try convert(graph, scope: scope, isOutermost: false))
      case .reference(let name):
        throw MRDLError(
          .badONNX, "an attribute outside a function refers to one of a function",
          found: "\(attribute.name) = @\(name)", at: Place(node.displayName))
      // The type of an optional value does not matter: it takes whatever it is given.
      case .other where node.operatorName == "Optional" && attribute.name == "type": continue
      case .other(let kind):
        throw MRDLError(
          .unsupportedONNX, "an attribute is of a kind that is not known",
          found: "\(attribute.name): \(kind)", at: Place(node.displayName))
      }
      guard node.attributes.updateValue(value, forKey: attribute.name) == nil else {
        throw MRDLError(
          .duplicateName, "a node has an attribute twice", found: attribute.name,
          at: Place(node.displayName))
      }
    }
    return node
  }
}

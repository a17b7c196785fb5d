public import MRDLCore

extension ModelHeader {
  /// Reads a header.
  ///
  /// Keys that are not known are reported as notes and ignored, so that files of a later minor
  /// version can be read. What is wrong with names in the graph is reported too; everything else that
  /// is wrong is thrown.
  ///
  /// - Parameter place: the file, for errors.
  public init(
    decoding text: UnsafeRawBufferPointer, limits: Limits = .standard, diagnostics: Diagnostics,
    place: Place = .unknown
  ) throws(MRDLError) {
    guard text.count <= limits.headerByteCount else {
      throw MRDLError(
        .limitExceeded, "the header is too long", found: "\(text.count) bytes",
        expected: "at most \(limits.headerByteCount)", at: place)
    }
    let value = try JSONParser.parse(text, limits: limits, place: place)
    try self.init(
      decoding: JSONCursor(value, place: Place(file: place.file)), limits: limits,
      diagnostics: diagnostics)
  }

  /// Reads a header from its JSON value.
  public init(
    decoding root: JSONCursor, limits: Limits = .standard, diagnostics: Diagnostics
  ) throws(MRDLError) {
    let format = try root.required("format")
    guard try format.string() == "MRDL" else {
      throw MRDLError(
        .badValue, "the header is of another format", found: try format.string(),
        expected: "MRDL", at: format.place)
    }
    let version = try Self.version(root.required("version"))
    var decoder = HeaderDecoder(limits: limits, diagnostics: diagnostics)
    root.reportUnknownKeys(
      except: [
        "format", "version", "opsets", "graph", "tensors", "preprocessing", "meanings", "card",
        "golden", "state", "training",
      ], to: diagnostics)
    var opsets: [String: Int] = [:]
    for (domain, version) in try root.required("opsets").members() {
      opsets[domain] = try version.integer(in: 1...1_000_000)
    }
    let graph = try decoder.graph(root.required("graph"), depth: 0)
    let tensors = try decoder.tensors(root.required("tensors"))
    var model = Model(graph: graph, opsets: opsets)
    for (name, cursor) in try root.optional("preprocessing")?.members() ?? [] {
      model.preprocessing[name] = try decoder.preprocessing(cursor)
    }
    for (name, cursor) in try root.optional("meanings")?.members() ?? [] {
      model.meanings[name] = try decoder.meaning(cursor)
    }
    if let card = try root.optional("card") { model.card = try decoder.card(card) }
    for cursor in try root.optional("golden")?.elements() ?? [] {
      model.goldenVectors.append(try decoder.golden(cursor))
    }
    for cursor in try root.optional("state")?.elements() ?? [] {
      model.state.append(try decoder.state(cursor))
    }
    if let training = try root.optional("training") {
      model.training = try decoder.training(training)
    }
    self.init(version: version, model: model, tensors: tensors)
  }

  private static func version(_ cursor: JSONCursor) throws(MRDLError) -> Version {
    let text = try cursor.string()
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 0,
      minor >= 0, text == "\(major).\(minor)"
    else {
      throw MRDLError(
        .badValue, "the version is not two numbers", found: text, expected: "\"1.0\"",
        at: cursor.place)
    }
    guard major == Version.current.major else {
      throw MRDLError(
        .unsupportedVersion, "the major version of the format is not known", found: text,
        expected: "\(Version.current.major).x", at: cursor.place)
    }
    return Version(major: major, minor: minor)
  }
}

/// Decodes the parts of a header and counts what has limits.
private struct HeaderDecoder {
  let limits: Limits
  let diagnostics: Diagnostics
  var nodeCount = 0

  // MARK: Graph

  mutating func graph(_ cursor: JSONCursor, depth: Int) throws(MRDLError) -> Graph {
    guard depth <= limits.subgraphDepth else {
      throw MRDLError(
        .limitExceeded, "graphs are nested too deeply",
        expected: "at most \(limits.subgraphDepth)", at: cursor.place)
    }
    cursor.reportUnknownKeys(except: ["name", "inputs", "outputs", "nodes"], to: diagnostics)
    var graph = Graph()
    graph.name = try optionalName(cursor, "name")
    for input in try cursor.required("inputs").elements() {
      graph.inputs.append(try valueInfo(input))
    }
    for output in try cursor.required("outputs").elements() {
      graph.outputs.append(try valueInfo(output))
    }
    for node in try cursor.required("nodes").elements() {
      nodeCount += 1
      guard nodeCount <= limits.nodeCount else {
        throw MRDLError(
          .limitExceeded, "the graph has too many nodes", expected: "at most \(limits.nodeCount)",
          at: node.place)
      }
      graph.nodes.append(try self.node(node, depth: depth))
    }
    return graph
  }

  func valueInfo(_ cursor: JSONCursor) throws(MRDLError) -> ValueInfo {
    cursor.reportUnknownKeys(except: ["name", "type", "shape", "kind"], to: diagnostics)
    var info = ValueInfo(
      try nonemptyName(cursor.required("name")), try scalarType(cursor.required("type")), nil)
    if let shape = try cursor.optional("shape") {
      var dimensions: [Dimension] = []
      for element in try shape.elements() {
        switch element.value {
        case .null: dimensions.append(.unknown)
        case .string: dimensions.append(.symbolic(try nonemptyName(element)))
        default: dimensions.append(.fixed(try element.integer(in: 0...Int.max)))
        }
      }
      try checkRank(dimensions.count, shape)
      info.shape = SymbolicShape(dimensions)
    }
    if let kind = try cursor.optional("kind") {
      let text = try kind.string()
      guard let known = ValueInfo.Kind(rawValue: text) else {
        throw kind.wrongKind(
          ValueInfo.Kind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
      }
      info.kind = known
    }
    return info
  }

  mutating func node(_ cursor: JSONCursor, depth: Int) throws(MRDLError) -> Node {
    cursor.reportUnknownKeys(
      except: ["name", "operator", "domain", "inputs", "outputs", "attributes"], to: diagnostics)
    var node = Node(
      try nonemptyName(cursor.required("operator")), domain: try optionalName(cursor, "domain"),
      name: try optionalName(cursor, "name"),
      inputs: try names(cursor.required("inputs")), outputs: try names(cursor.required("outputs")))
    for (key, value) in try cursor.optional("attributes")?.members() ?? [] {
      node.attributes[key] = try attribute(value, depth: depth)
    }
    return node
  }

  mutating func attribute(_ cursor: JSONCursor, depth: Int) throws(MRDLError) -> AttributeValue {
    switch cursor.value {
    case .integer(let value): return .integer(value)
    case .number(let value): return .float(value)
    case .string(let value): return .string(value)
    case .array(let elements):
      switch elements.first {
      case .string: return .strings(try cursor.strings())
      case .number, .object:
        var floats: [Double] = []
        for element in try cursor.elements() { floats.append(try float(element)) }
        return .floats(floats)
      default: return .integers(try cursor.integers())
      }
    case .object:
      if let tensor = try cursor.optional("tensor") { return .tensor(try name(tensor)) }
      if let graph = try cursor.optional("graph") {
        return .graph(try self.graph(graph, depth: depth + 1))
      }
      if let list = try cursor.optional("floats") {
        var floats: [Double] = []
        for element in try list.elements() { floats.append(try float(element)) }
        return .floats(floats)
      }
      if let list = try cursor.optional("strings") { return .strings(try list.strings()) }
      return .float(try float(cursor))
    case .null, .bool: throw cursor.wrongKind("a number, a string, an array or an object")
    }
  }

  /// A number, or the name of one that JSON cannot hold.
  func float(_ cursor: JSONCursor) throws(MRDLError) -> Double {
    guard case .object = cursor.value else { return try cursor.number() }
    let name = try cursor.required("float")
    switch try name.string() {
    case "nan": return .nan
    case "inf": return .infinity
    case "-inf": return -.infinity
    default:
      throw MRDLError(
        .badValue, "a number has an unknown name", found: try name.string(),
        expected: "\"nan\", \"inf\" or \"-inf\"", at: name.place)
    }
  }

  // MARK: Tensors

  func tensors(_ cursor: JSONCursor) throws(MRDLError) -> [TensorInfo] {
    let elements = try cursor.elements()
    guard elements.count <= limits.tensorCount else {
      throw MRDLError(
        .limitExceeded, "the table has too many tensors", found: "\(elements.count)",
        expected: "at most \(limits.tensorCount)", at: cursor.place)
    }
    var tensors: [TensorInfo] = []
    var names: Set<String> = []
    for element in elements {
      let tensor = try tensor(element)
      guard names.insert(tensor.name).inserted else {
        throw MRDLError(
          .duplicateName, "two tensors have the same name", found: "\"\(tensor.name)\"",
          at: element.place)
      }
      tensors.append(tensor)
    }
    return tensors
  }

  func tensor(_ cursor: JSONCursor) throws(MRDLError) -> TensorInfo {
    cursor.reportUnknownKeys(
      except: ["name", "type", "shape", "axes", "quantization"], to: diagnostics)
    let extents = try cursor.required("shape")
    var dimensions: [Int] = []
    for element in try extents.elements() {
      dimensions.append(try element.integer(in: 0...Int.max))
    }
    try checkRank(dimensions.count, extents)
    let type = try scalarType(cursor.required("type"))
    guard let shape = Shape(checking: dimensions),
      type.byteCount(elementCount: shape.elementCount) != nil
    else {
      throw MRDLError(
        .badShape, "a tensor has more elements than can be counted", found: "\(dimensions)",
        at: extents.place)
    }
    var tensor = TensorInfo(try nonemptyName(cursor.required("name")), type, shape)
    if let axes = try cursor.optional("axes") {
      tensor.axes = try axes.string()
      guard tensor.axes?.count == shape.rank else {
        throw MRDLError(
          .badValue, "the axes do not fit the shape", found: "\"\(try axes.string())\"",
          expected: "\(shape.rank) letters", at: axes.place)
      }
    }
    if let quantization = try cursor.optional("quantization") {
      tensor.quantization = TensorInfo.Quantization(
        scale: try name(quantization.required("scale")),
        zeroPoint: try quantization.optional("zero_point").map(name),
        axis: try quantization.optional("axis").map { (axis) throws(MRDLError) in
          try axis.integer(in: 0...max(0, shape.rank - 1))
        })
    }
    return tensor
  }

  func scalarType(_ cursor: JSONCursor) throws(MRDLError) -> ScalarType {
    let text = try cursor.string()
    guard let type = ScalarType(rawValue: text) else {
      throw MRDLError(
        .unknownScalarType, "a scalar type is not known", found: "\"\(text)\"",
        expected: ScalarType.allCases.map(\.rawValue).joined(separator: ", "), at: cursor.place)
    }
    return type
  }

  // MARK: Interface

  func preprocessing(_ cursor: JSONCursor) throws(MRDLError) -> Preprocessing {
    let kind = try cursor.required("kind")
    switch try kind.string() {
    case "image":
      cursor.reportUnknownKeys(
        except: ["kind", "color_space", "layout", "resize", "scale", "mean", "std"],
        to: diagnostics)
      var image = ImagePreprocessing(
        colorSpace: try cursor.required("color_space").choice())
      if let layout = try cursor.optional("layout") { image.layout = try layout.choice() }
      image.resize = try cursor.optional("resize").map(resize)
      if let scale = try cursor.optional("scale") { image.scale = try scale.number() }
      let channels = image.colorSpace.channelCount
      if let mean = try cursor.optional("mean") {
        image.mean = try numbers(mean, count: channels)
      }
      if let deviation = try cursor.optional("std") {
        image.standardDeviation = try divisors(deviation, count: channels)
      }
      return .image(image)
    case "features":
      var features = FeaturePreprocessing(names: try cursor.required("names").strings())
      if let mean = try cursor.optional("mean"), mean.value != .array([]) {
        features.mean = try numbers(mean, count: features.names.count)
      }
      if let deviation = try cursor.optional("std"), deviation.value != .array([]) {
        features.standardDeviation = try divisors(deviation, count: features.names.count)
      }
      return .features(features)
    case let other:
      throw MRDLError(
        .badValue, "a kind of preprocessing is not known", found: "\"\(other)\"",
        expected: "\"image\" or \"features\"", at: kind.place)
    }
  }

  private func resize(_ cursor: JSONCursor) throws(MRDLError) -> ImagePreprocessing.Resize {
    cursor.reportUnknownKeys(
      except: ["fit", "interpolation", "antialias", "shorter_side", "height", "width"],
      to: diagnostics)
    func extent(_ key: String) throws(MRDLError) -> Int? {
      try cursor.optional(key)?.integer(in: ImagePreprocessing.Resize.extents)
    }
    let fit: ImagePreprocessing.Resize.Fit = try cursor.required("fit").choice()
    let shorterSide = try extent("shorter_side")
    guard (fit == .centerCrop) == (shorterSide != nil) else {
      throw MRDLError(
        .badValue, "\"shorter_side\" stands with the fit \"center_crop\" and with no other",
        found: "\"\(fit.rawValue)\"", at: cursor.place)
    }
    return ImagePreprocessing.Resize(
      fit: fit, interpolation: try cursor.required("interpolation").choice(),
      antialias: try cursor.optional("antialias")?.bool() ?? true, shorterSide: shorterSide,
      height: try extent("height"), width: try extent("width"))
  }

  func numbers(_ cursor: JSONCursor, count: Int) throws(MRDLError) -> [Double] {
    let numbers = try cursor.numbers()
    guard numbers.count == count || numbers.count == 1 else {
      throw MRDLError(
        .badValue, "a list has the wrong length", found: "\(numbers.count)",
        expected: count == 1 ? "1" : "1 or \(count)", at: cursor.place)
    }
    return numbers
  }

  func divisors(_ cursor: JSONCursor, count: Int) throws(MRDLError) -> [Double] {
    let numbers = try numbers(cursor, count: count)
    guard !numbers.contains(0) else {
      throw MRDLError(.badValue, "a standard deviation is zero", at: cursor.place)
    }
    return numbers
  }

  func meaning(_ cursor: JSONCursor) throws(MRDLError) -> OutputMeaning {
    cursor.reportUnknownKeys(except: ["task", "scale", "labels", "threshold"], to: diagnostics)
    return OutputMeaning(
      task: try cursor.required("task").choice(), scale: try cursor.required("scale").choice(),
      labels: try cursor.optional("labels")?.strings() ?? [],
      threshold: try cursor.optional("threshold")?.number())
  }

  func card(_ cursor: JSONCursor) throws(MRDLError) -> ModelCard {
    cursor.reportUnknownKeys(
      except: [
        "name", "description", "authors", "license", "datasets", "metrics", "base_model",
        "producer", "created",
      ], to: diagnostics)
    var card = ModelCard()
    card.name = try cursor.optional("name")?.string() ?? ""
    card.description = try cursor.optional("description")?.string() ?? ""
    card.authors = try cursor.optional("authors")?.strings() ?? []
    card.license = try cursor.optional("license")?.string() ?? ""
    for dataset in try cursor.optional("datasets")?.elements() ?? [] {
      card.datasets.append(
        ModelCard.Dataset(
          name: try dataset.required("name").string(),
          split: try dataset.required("split").string(),
          sampleCount: try dataset.required("samples").integer(in: 0...Int.max),
          digest: try dataset.optional("sha256")?.string() ?? ""))
    }
    for metric in try cursor.optional("metrics")?.elements() ?? [] {
      card.metrics.append(
        ModelCard.Metric(
          name: try metric.required("name").string(), value: try float(metric.required("value")),
          dataset: try metric.required("dataset").string(),
          split: try metric.required("split").string()))
    }
    card.baseModel = try cursor.optional("base_model")?.string() ?? ""
    card.producer = try cursor.optional("producer")?.string() ?? ""
    card.created = try cursor.optional("created")?.string() ?? ""
    return card
  }

  func golden(_ cursor: JSONCursor) throws(MRDLError) -> GoldenVector {
    func values(_ cursor: JSONCursor) throws(MRDLError) -> [String: GoldenValue] {
      var values: [String: GoldenValue] = [:]
      for (key, member) in try cursor.members() {
        values[key] =
          switch member.value {
          case .null: .absent
          case .array: .sequence(try names(member))
          default: .tensor(try name(member))
          }
      }
      return values
    }
    return GoldenVector(
      name: try cursor.required("name").string(), inputs: try values(cursor.required("inputs")),
      outputs: try values(cursor.required("outputs")),
      absoluteTolerance: try cursor.required("absolute_tolerance").number(),
      relativeTolerance: try cursor.required("relative_tolerance").number())
  }

  func state(_ cursor: JSONCursor) throws(MRDLError) -> StateBinding {
    StateBinding(
      output: try name(cursor.required("output")), input: try name(cursor.required("input")),
      initial: try cursor.optional("initial").map(name))
  }

  func training(_ cursor: JSONCursor) throws(MRDLError) -> TrainingRecord {
    let seed = try cursor.required("seed")
    guard let number = UInt64(try seed.string()) else {
      throw MRDLError(
        .badValue, "the seed is not a whole number of 64 bits", found: try seed.string(),
        at: seed.place)
    }
    var training = TrainingRecord(
      recipe: try cursor.required("recipe").value, seed: number,
      instructionSet: try cursor.required("instruction_set").string())
    for entry in try cursor.optional("history")?.elements() ?? [] {
      var epoch = TrainingRecord.Epoch(
        epoch: try entry.required("epoch").integer(in: 0...Int.max), values: [:])
      for (key, value) in try entry.members() where key != "epoch" {
        epoch.values[key] = try float(value)
      }
      training.history.append(epoch)
    }
    if let state = try cursor.optional("state") {
      var names: [String] = []
      for name in try state.required("tensors").elements() { names.append(try self.name(name)) }
      training.state = TrainingState(
        progress: try state.required("progress").value, tensors: names)
    }
    return training
  }

  // MARK: Names

  func optionalName(_ cursor: JSONCursor, _ key: String) throws(MRDLError) -> String {
    guard let member = try cursor.optional(key) else { return "" }
    return try name(member)
  }

  func names(_ cursor: JSONCursor) throws(MRDLError) -> [String] {
    var names: [String] = []
    for element in try cursor.elements() { names.append(try name(element)) }
    return names
  }

  /// A name of something that must have one: the empty name stands for what is left out.
  func nonemptyName(_ cursor: JSONCursor) throws(MRDLError) -> String {
    let name = try name(cursor)
    guard !name.isEmpty else {
      throw MRDLError(.badValue, "a name is empty", at: cursor.place)
    }
    return name
  }

  func name(_ cursor: JSONCursor) throws(MRDLError) -> String {
    let name = try cursor.string()
    guard name.utf8.count <= limits.nameByteCount else {
      throw MRDLError(
        .limitExceeded, "a name is too long", found: "\(name.utf8.count) bytes",
        expected: "at most \(limits.nameByteCount)", at: cursor.place)
    }
    return name
  }

  func checkRank(_ rank: Int, _ cursor: JSONCursor) throws(MRDLError) {
    guard rank <= limits.rank else {
      throw MRDLError(
        .limitExceeded, "a shape has too many extents", found: "\(rank)",
        expected: "at most \(limits.rank)", at: cursor.place)
    }
  }
}

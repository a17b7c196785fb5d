internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Puts weights into the tensors of an architecture, by name or by a mapping.
///
/// Every floating-point tensor of rank 1 and up that the graph reads must be given; whole numbers and
/// scalars, which are axes, shapes and the like, are kept where the weights lack them.
struct WeightMerging {
  let mapping: [String: String?]
  let log: ConversionLog?

  /// How many names an error lists.
  private static let listedNameCount = 12

  func merge(
    _ weights: Model, into architecture: Model, path: String
  ) throws(MRDLError) -> Model {
    var result = architecture
    forgetOtherWeights(&result)
    var missing: [String] = []
    var used: Set<String> = []
    for tensor in architecture.parameters {
      let name = tensor.info.name
      switch mapping[name] {
      case .some(nil): continue
      case .some(let given?):
        guard let weight = weights.tensors[given] else {
          throw MRDLError(
            .weightMismatch, "a mapping names a tensor that the weights lack",
            found: "\"\(given)\" for \"\(name)\"", at: Place(file: path))
        }
        result.tensors[name] = try fit(weight, to: tensor.info, path)
        used.insert(given)
      case nil:
        if let found = Self.find(name, in: weights) {
          result.tensors[name] = try fit(found, to: tensor.info, path)
          used.insert(found.info.name)
        } else if tensor.source is MissingTensor
          || tensor.info.scalarType.isFloatingPoint && tensor.info.shape.rank > 0
        {
          missing.append(name)
        }
      }
    }
    guard missing.isEmpty else {
      let names = missing.prefix(Self.listedNameCount).joined(separator: ", ")
      throw MRDLError(
        .weightMismatch, "tensors of the architecture have no weights",
        found: missing.count > Self.listedNameCount
          ? "\(names), … (\(missing.count))" : names,
        expected: "the same names, or --mapping", at: Place(file: path))
    }
    for weight in weights.tensors where !used.contains(weight.info.name) {
      log?.add(.dropped, weight.info.name, "the architecture has no such tensor")
    }
    return result
  }

  /// Takes away what is true of the architecture's own weights only: answers, scores and history.
  private func forgetOtherWeights(_ model: inout Model) {
    if !model.goldenVectors.isEmpty {
      log?.add(
        .dropped, Quantity.count(model.goldenVectors.count, "golden vector"),
        "they are answers of other weights")
    }
    if model.training != nil || !model.card.metrics.isEmpty {
      log?.add(.dropped, "history and scores", "they are those of other weights")
    }
    model.removeGoldenVectors()
    model.training = nil
    model.card.metrics = []
  }

  /// The weights of a name, or those whose name is the only one that ends in it after a dot or a slash.
  private static func find(_ name: String, in weights: Model) -> ModelTensor? {
    if let tensor = weights.tensors[name] { return tensor }
    let similar = weights.tensors.filter {
      $0.info.name.hasSuffix("." + name) || $0.info.name.hasSuffix("/" + name)
    }
    return similar.count == 1 ? similar[0] : nil
  }

  private func fit(
    _ weight: ModelTensor, to info: TensorInfo, _ path: String
  ) throws(MRDLError) -> ModelTensor {
    let place = Place(file: path, path: weight.info.name)
    guard weight.info.shape == info.shape else {
      throw MRDLError(
        .weightMismatch, "weights have another shape than the tensor that they are for",
        found: "\(weight.info.shape)", expected: "\(info.shape) of \"\(info.name)\"", at: place)
    }
    let given = weight.info.scalarType
    log?.add(
      given == info.scalarType || Self.isExact(from: given, to: info.scalarType)
        ? .mapped : .approximated, weight.info.name,
      given == info.scalarType
        ? info.name : "\(info.name), \(given.rawValue) as \(info.scalarType.rawValue)")
    guard given != info.scalarType else { return ModelTensor(info, source: weight.source) }
    guard given.isComputable, info.scalarType.isComputable else {
      throw MRDLError(
        .weightMismatch, "weights are of a type that cannot be converted", found: given.rawValue,
        expected: info.scalarType.rawValue, at: place)
    }
    return ModelTensor(
      info,
      source: VerifiedTensorSource(digest: nil, place: place) { () throws(MRDLError) in
        try weight.load().cast(to: info.scalarType)
      })
  }

  /// Whether every number of a type is one of the other.
  private static func isExact(from type: ScalarType, to other: ScalarType) -> Bool {
    switch (type, other) {
    case (.float16, .float32), (.float16, .float64), (.bfloat16, .float32), (.bfloat16, .float64),
      (.float32, .float64):
      true
    default: type.isInteger && other.isInteger && type.bitWidth < other.bitWidth
    }
  }
}

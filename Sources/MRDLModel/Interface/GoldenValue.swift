public import MRDLCore

/// Where an input or an output of a golden vector is stored: the names of the tensors that it is made of.
public enum GoldenValue: Sendable, Hashable, ExpressibleByStringLiteral {
  /// A tensor, or an optional tensor that is there.
  case tensor(String)
  /// The tensors of a sequence in their order, or of an optional sequence that is there.
  case sequence([String])
  /// An optional value that is not there.
  case absent

  public init(stringLiteral name: String) { self = .tensor(name) }

  /// The names of its tensors.
  public var tensorNames: [String] {
    switch self {
    case .tensor(let name): [name]
    case .sequence(let names): names
    case .absent: []
    }
  }

  /// What it is, for messages.
  public var kindName: String {
    switch self {
    case .tensor: "a tensor"
    case .sequence(let names): "a sequence of \(names.count)"
    case .absent: "null"
    }
  }

  /// Whether it can be a value of a kind at the border of a model.
  public func fits(_ kind: ValueInfo.Kind) -> Bool {
    switch self {
    case .tensor: kind == .tensor || kind == .optional
    case .sequence: kind.isSequence
    case .absent: kind.isOptional
    }
  }

  /// The value itself.
  ///
  /// - Parameter place: where the golden vector stands, for errors.
  /// - Throws: `MRDL1306` for a tensor that the table lacks, or an error of reading one.
  public func load(
    from table: TensorTable, at place: Place = .unknown
  ) throws(MRDLError) -> GraphValue {
    var tensors: [Tensor] = []
    for name in tensorNames {
      guard let tensor = table[name] else {
        throw MRDLError(
          .missingTensor, "a golden vector names a tensor that is not in the table",
          found: "\"\(name)\"", at: place)
      }
      tensors.append(try tensor.load())
    }
    return switch self {
    case .tensor: .tensor(tensors[0])
    case .sequence: .sequence(of: tensors)
    case .absent: .optional(nil)
    }
  }
}

extension TensorTable {
  /// Stores a value of a golden vector, tensor by tensor, under names that no tensor has yet.
  ///
  /// - Parameter name: the name of a tensor; those of a sequence have their place behind it.
  public mutating func store(_ value: GraphValue, as name: String) -> GoldenValue {
    switch value {
    case .tensor(let tensor): return .tensor(add(tensor, as: name))
    case .optional(let inner?): return store(inner, as: name)
    case .optional(nil): return .absent
    case .sequence:
      return .sequence(
        value.tensors.enumerated().map { place, tensor in add(tensor, as: "\(name)/\(place)") })
    }
  }

  private mutating func add(_ tensor: Tensor, as wish: String) -> String {
    var (name, count) = (wish, 1)
    while self[name] != nil {
      count += 1
      name = "\(wish) (\(count))"
    }
    self[name] = ModelTensor(name, tensor)
    return name
  }
}

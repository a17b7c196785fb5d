internal import MRDLCore
internal import MRDLModel

/// A value between the layers of the model that is being made.
struct KerasTensor {
  /// The layer that makes it.
  let layer: String
  /// Which of its outputs it is.
  let output: Int
  /// The extents, the batch first; nil for one that is not known.
  let extents: [Int?]
  let scalarType: ScalarType

  var rank: Int { extents.count }

  /// As a layer names what it takes.
  var reference: JSONValue {
    .object([
      "class_name": "__keras_tensor__",
      "config": .object([
        "shape": .array(extents.map { $0.map { .integer(Int64($0)) } ?? .null }),
        "dtype": .string(Self.name(of: scalarType)), "keras_history": history,
      ]),
    ])
  }

  /// Layer, call and output.
  var history: JSONValue { .array([.string(layer), .integer(0), .integer(Int64(output))]) }

  /// The tensor with its layer under another name, where it has one.
  func renamed(_ names: [String: String]) -> KerasTensor {
    KerasTensor(
      layer: names[layer] ?? layer, output: output, extents: extents, scalarType: scalarType)
  }

  /// The name of a type in Keras.
  static func name(of type: ScalarType) -> String {
    switch type {
    case .float64: "float64"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .bool: "bool"
    default: "float32"
    }
  }
}

/// A value of the graph in each order of axes in which a layer has made it.
struct KerasForms {
  /// From a permutation to the value transposed by it: axis `i` is axis `permutation[i]` of the value.
  private(set) var tensors: [[Int]: KerasTensor] = [:]

  init(_ tensor: KerasTensor, permutation: [Int]? = nil) {
    tensors[permutation ?? Array(0..<tensor.rank)] = tensor
  }

  var rank: Int { tensors.first?.key.count ?? 0 }

  subscript(permutation: [Int]) -> KerasTensor? {
    get { tensors[permutation] }
    set { tensors[permutation] = newValue }
  }

  /// The forms of this value transposed by a permutation.
  func transposed(_ permutation: [Int]) -> KerasForms {
    var inverse = permutation
    for (place, axis) in permutation.enumerated() { inverse[axis] = place }
    var result = self
    result.tensors = [:]
    for (form, tensor) in tensors { result.tensors[form.map { inverse[$0] }] = tensor }
    return result
  }
}

/// A layer or an operation, with its weights.
struct KerasLayerRecord {
  /// One operand of a layer or an operation.
  enum Operand {
    case tensor(KerasTensor)
    case constant(Tensor)
    case json(JSONValue)
    case list([KerasTensor])

    var tensors: [KerasTensor] {
      switch self {
      case .tensor(let tensor): [tensor]
      case .list(let tensors): tensors
      case .constant, .json: []
      }
    }

    func renamed(_ names: [String: String]) -> Operand {
      switch self {
      case .tensor(let tensor): .tensor(tensor.renamed(names))
      case .list(let tensors): .list(tensors.map { $0.renamed(names) })
      case .constant, .json: self
      }
    }
  }

  /// A weight: the part of the layer that has it, its name, and its numbers.
  struct Weight {
    let part: String?
    let name: String
    let tensor: Tensor
  }

  /// `keras.layers`, or where an operation lives.
  let module: String
  let className: String
  var name: String
  var config: [JSONMember]
  /// Its positional arguments; nil for an input of the model, which is not called.
  var operands: [Operand]?
  var keywords: [JSONMember] = []
  var weights: [Weight] = []

  /// The values that it takes.
  var inputs: [KerasTensor] { (operands ?? []).flatMap(\.tensors) }

  /// The layer under another name, where it or what it takes has one.
  func renamed(_ names: [String: String]) -> KerasLayerRecord {
    var record = self
    record.operands = operands?.map { $0.renamed(names) }
    if let new = names[name] {
      record.name = new
      record.config = config.map { $0.key == "name" ? JSONMember("name", .string(new)) : $0 }
    }
    return record
  }

  var isOperation: Bool { module != "keras.layers" }

  /// As the configuration of a model has it.
  ///
  /// - Parameter isLegacy: whether without the module, as in HDF5 files.
  func json(isLegacy: Bool) throws(MRDLError) -> JSONValue {
    var members: [JSONMember] = []
    if !isLegacy { members.append(JSONMember("module", .string(module))) }
    members += [
      JSONMember("class_name", .string(className)), JSONMember("config", .object(config)),
    ]
    if !isLegacy {
      members.append(
        JSONMember("registered_name", isOperation ? .string(className) : .null))
    }
    members += [
      JSONMember("name", .string(name)), JSONMember("inbound_nodes", .array(try calls)),
    ]
    return .object(members)
  }

  private var calls: [JSONValue] {
    get throws(MRDLError) {
      guard let operands else { return [] }
      var arguments: [JSONValue] = []
      for operand in operands {
        switch operand {
        case .tensor(let tensor): arguments.append(tensor.reference)
        case .list(let tensors): arguments.append(.array(tensors.map(\.reference)))
        case .constant(let tensor): arguments.append(try KerasConstant.json(tensor))
        case .json(let value): arguments.append(value)
        }
      }
      return [
        .object([JSONMember("args", .array(arguments)), JSONMember("kwargs", .object(keywords))])
      ]
    }
  }
}

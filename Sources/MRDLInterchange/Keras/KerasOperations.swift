internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The operations of `keras.ops` that stand between the layers of a functional model: a line each.
enum KerasOperations {
  /// What an operation is called with.
  struct Call {
    enum Operand {
      case value(KerasValue)
      case list([KerasValue])
      case other(KerasObject)
    }

    let config: KerasObject
    let operands: [Operand]
    let named: KerasObject

    /// A value; numbers become tensors.
    func value(_ index: Int, _ k: inout KerasImporter) throws(MRDLError) -> KerasValue {
      guard index < operands.count else {
        throw MRDLError(.badKeras, "an operation lacks an operand")
      }
      switch operands[index] {
      case .value(let value): return value
      case .list: throw MRDLError(.badKeras, "an operation takes a list where it has one operand")
      case .other(let object):
        guard let constant = KerasConstant(object) else {
          throw k.unsupported("an operand that is not made of numbers")
        }
        let isFlag = constant.typeName == "bool"
        return KerasValue(
          name: k.add(isFlag ? constant.flags : constant.tensor, "constant"),
          extents: constant.extents, scalarType: isFlag ? .bool : .float32)
      }
    }

    func list(_ k: KerasImporter) throws(MRDLError) -> [KerasValue] {
      guard case .list(let values)? = operands.first, !values.isEmpty else {
        throw k.unsupported("a list of values and constants")
      }
      return values
    }

    func axes(_ key: String, rank: Int, _ k: KerasImporter) throws(MRDLError) -> [Int]? {
      guard let object = config[key] else { return nil }
      let given = object.integer.map { [$0] } ?? object.elements?.compactMap(\.integer) ?? []
      let axes = given.map { $0 < 0 ? $0 + rank : $0 }
      guard axes.allSatisfy({ (0..<rank).contains($0) }) else {
        throw MRDLError(.badKeras, "an axis does not fit", found: "\(given)")
      }
      return axes
    }
  }

  typealias Making = @Sendable (Call, inout KerasImporter) throws(MRDLError) -> [KerasValue]

  static var known: Set<String> { Set(table.keys) }

  /// Makes one call of an operation.
  ///
  /// - Parameter values: the values that the call names, in the order of the file.
  static func make(
    _ layer: KerasLayer, call: Int, _ values: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let making = table[layer.className], call < layer.arguments.count else {
      throw MRDLError(
        .unsupportedKeras, "an operation is not known", found: layer.className)
    }
    var rest = values[...]
    let arguments = layer.arguments[call]
    let operands = arguments.positional.map { argument -> Call.Operand in
      let count = KerasLayer.references(argument).count
      if argument["class_name"]?.text == "__keras_tensor__", let value = rest.popFirst() {
        return .value(value)
      }
      if count > 0, count == argument.elements?.count {
        let list = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        return .list(list)
      }
      return .other(argument)
    }
    guard rest.isEmpty else { throw k.unsupported("named operands of \(layer.className)") }
    return try making(Call(config: layer.config, operands: operands, named: arguments.named), &k)
  }

  static let table: [String: Making] = [
    "Abs": each("Abs"),
    "Absolute": each("Abs"),
    "Add": two("Add"),
    "Any": any,
    "Arccos": each("Acos"),
    "Arcsin": each("Asin"),
    "Arctan": each("Atan"),
    "BroadcastTo": broadcastTo,
    "Cast": cast,
    "Ceil": each("Ceil"),
    "Celu": { (c, k) throws(MRDLError) in try one("Celu", c, &k, ["alpha": number(c, "alpha", 1)])
    },
    "Clip": clip,
    "Concatenate": concatenate,
    "ConvertToTensor": { (c, k) throws(MRDLError) in
      c.config["dtype"] == nil ? try one("Identity", c, &k) : try cast(c, &k)
    },
    "Cos": each("Cos"),
    "Cosh": each("Cosh"),
    "Divide": two("Div"),
    "Elu": { (c, k) throws(MRDLError) in try one("Elu", c, &k, ["alpha": number(c, "alpha", 1)]) },
    "Equal": two("Equal", gives: .bool),
    "Einsum": einsum,
    "Erf": each("Erf"),
    "Exp": each("Exp"),
    "ExpandDims": expandDims,
    "Flip": flip,
    "Floor": each("Floor"),
    "Gelu": { (c, k) throws(MRDLError) in
      try one(
        "Gelu", c, &k,
        ["approximate": .string(c.config.flag("approximate", default: true) ? "tanh" : "none")])
    },
    "GetItem": getItem,
    "Greater": two("Greater", gives: .bool),
    "GreaterEqual": two("GreaterOrEqual", gives: .bool),
    "HardSigmoid": { (c, k) throws(MRDLError) in
      try one("HardSigmoid", c, &k, ["alpha": .float(1.0 / 6), "beta": .float(0.5)])
    },
    "LeakyRelu": { (c, k) throws(MRDLError) in
      try one("LeakyRelu", c, &k, ["alpha": number(c, "negative_slope", 0.2)])
    },
    "Less": two("Less", gives: .bool),
    "LessEqual": two("LessOrEqual", gives: .bool),
    "Log": each("Log"),
    "LogSoftmax": { (c, k) throws(MRDLError) in
      try one("LogSoftmax", c, &k, ["axis": .integer(Int64(c.config["axis"]?.integer ?? -1))])
    },
    "LogicalAnd": two("And", gives: .bool),
    "LogicalNot": each("Not", gives: .bool),
    "LogicalOr": two("Or", gives: .bool),
    "Logsumexp": { (c, k) throws(MRDLError) in try reduce("ReduceLogSumExp", c, &k) },
    "Matmul": matmul,
    "Max": { (c, k) throws(MRDLError) in try reduce("ReduceMax", c, &k) },
    "Maximum": two("Max"),
    "Mean": { (c, k) throws(MRDLError) in try reduce("ReduceMean", c, &k) },
    "Min": { (c, k) throws(MRDLError) in try reduce("ReduceMin", c, &k) },
    "Minimum": two("Min"),
    "Multiply": two("Mul"),
    "Negative": each("Neg"),
    "NotEqual": { (c, k) throws(MRDLError) in
      let equal = try two("Equal", gives: .bool)(c, &k)[0]
      return [k.emit("Not", [equal.name], extents: equal.extents, scalarType: .bool)]
    },
    "OnesLike": { (c, k) throws(MRDLError) in try filled(1, c, &k) },
    "Pad": pad,
    "Power": two("Pow"),
    "Prod": { (c, k) throws(MRDLError) in try reduce("ReduceProd", c, &k) },
    "Reciprocal": each("Reciprocal"),
    "Relu": each("Relu"),
    "Reshape": reshape,
    "Rsqrt": { (c, k) throws(MRDLError) in
      let root = try one("Sqrt", c, &k)[0]
      return [k.emit("Reciprocal", [root.name], extents: root.extents)]
    },
    "Selu": each("Selu"),
    "Sigmoid": each("Sigmoid"),
    "Sign": each("Sign"),
    "Silu": each("Swish"),
    "Sin": each("Sin"),
    "Sinh": each("Sinh"),
    "Softmax": { (c, k) throws(MRDLError) in
      try one("Softmax", c, &k, ["axis": .integer(Int64(c.config["axis"]?.integer ?? -1))])
    },
    "Softplus": each("Softplus"),
    "Softsign": each("Softsign"),
    "Split": split,
    "Sqrt": each("Sqrt"),
    "Square": { (c, k) throws(MRDLError) in
      let x = try c.value(0, &k)
      return [k.emit("Mul", [x.name, x.name], extents: x.extents)]
    },
    "Squeeze": squeeze,
    "Stack": stack,
    "Subtract": two("Sub"),
    "Sum": { (c, k) throws(MRDLError) in try reduce("ReduceSum", c, &k) },
    "Take": take,
    "Tan": each("Tan"),
    "Tanh": each("Tanh"),
    "Tile": tile,
    "Transpose": transpose,
    "TrueDivide": two("Div"),
    "Where": choose,
    "ZerosLike": { (c, k) throws(MRDLError) in try filled(0, c, &k) },
  ]

  private static func number(_ call: Call, _ key: String, _ standard: Double) -> AttributeValue {
    .float(call.config.number(key, default: standard))
  }

  private static func one(
    _ op: String, _ call: Call, _ k: inout KerasImporter,
    _ attributes: [String: AttributeValue] = [:]
  ) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    return [
      k.emit(op, [x.name], attributes: attributes, extents: x.extents, scalarType: x.scalarType)
    ]
  }

  private static func each(_ op: String, gives: ScalarType? = nil) -> Making {
    { (call, k) throws(MRDLError) in
      var result = try one(op, call, &k)
      if let gives { result[0].scalarType = gives }
      return result
    }
  }

  private static func two(_ op: String, gives: ScalarType? = nil) -> Making {
    { (call, k) throws(MRDLError) in
      let operands = [try call.value(0, &k), try call.value(1, &k)]
      guard operands[0].scalarType == operands[1].scalarType else {
        throw k.unsupported("operands of different types")
      }
      return [
        k.emit(
          op, operands.map(\.name), extents: KerasValue.broadcast(operands),
          scalarType: gives ?? operands[0].scalarType)
      ]
    }
  }

  /// One number in the shape of a value.
  private static func filled(
    _ number: Double, _ call: Call, _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let typeName = call.config["dtype"]?.text ?? call.named["dtype"]?.text
    let type =
      try typeName.map { (name) throws(MRDLError) in try scalarType(name, k) }
      ?? x.scalarType
    let shape = k.emit("Shape", [x.name], outputCount: 1)[0]
    let plain = k.emit(
      "ConstantOfShape", [shape],
      attributes: ["value": .tensor(k.add(Tensor([Float(number)]), "value"))],
      extents: x.extents)
    guard type != .float32, let code = type.onnxCode else { return [plain] }
    return [
      k.emit(
        "Cast", [plain.name], attributes: ["to": .integer(Int64(code))], extents: x.extents,
        scalarType: type)
    ]
  }

  private static func choose(_ call: Call, _ k: inout KerasImporter) throws(MRDLError)
    -> [KerasValue]
  {
    let operands = [try call.value(0, &k), try call.value(1, &k), try call.value(2, &k)]
    guard operands[0].scalarType == .bool, operands[1].scalarType == operands[2].scalarType else {
      throw k.unsupported("a choice by other than truth values")
    }
    return [
      k.emit(
        "Where", operands.map(\.name), extents: KerasValue.broadcast(operands),
        scalarType: operands[1].scalarType)
    ]
  }

  private static func clip(_ call: Call, _ k: inout KerasImporter) throws(MRDLError)
    -> [KerasValue]
  {
    let x = try call.value(0, &k)
    guard let low = call.config["x_min"]?.number, let high = call.config["x_max"]?.number else {
      throw k.unsupported("limits that are not numbers")
    }
    return [k.emit("Clip", [x.name, k.number(low), k.number(high)], extents: x.extents)]
  }

  private static func cast(_ call: Call, _ k: inout KerasImporter) throws(MRDLError)
    -> [KerasValue]
  {
    let name = call.config["dtype"]?.text ?? "nothing"
    let type = try scalarType(name, k)
    guard let code = type.onnxCode else { throw k.unsupported("a cast to \(name)") }
    let x = try call.value(0, &k)
    return [
      k.emit(
        "Cast", [x.name], attributes: ["to": .integer(Int64(code))], extents: x.extents,
        scalarType: type)
    ]
  }

  private static func scalarType(
    _ name: String, _ k: KerasImporter
  ) throws(MRDLError) -> ScalarType {
    let names: [String: ScalarType] = [
      "float32": .float32, "float64": .float64, "float16": .float16, "bfloat16": .bfloat16,
      "int8": .int8, "int16": .int16, "int32": .int32, "int64": .int64, "uint8": .uint8,
      "uint16": .uint16, "uint32": .uint32, "uint64": .uint64, "bool": .bool,
    ]
    guard let type = names[name] else { throw k.unsupported("a cast to \(name)") }
    return type
  }

  private static func reduce(
    _ op: String, _ call: Call, _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let axes = try call.axes("axis", rank: x.rank, k) ?? Array(0..<x.rank)
    let keeps = call.config.flag("keepdims")
    let extents = x.extents.enumerated().compactMap { axis, extent -> Int?? in
      axes.contains(axis) ? (keeps ? .some(1) : nil) : .some(extent)
    }
    return [
      k.emit(
        op, [x.name, k.integers(axes)], attributes: ["keepdims": .integer(keeps ? 1 : 0)],
        extents: extents, scalarType: x.scalarType)
    ]
  }

  /// Whether any of the truth values along some axes is true.
  private static func any(_ call: Call, _ k: inout KerasImporter) throws(MRDLError)
    -> [KerasValue]
  {
    let x = try call.value(0, &k)
    let axes = try call.axes("axis", rank: x.rank, k) ?? Array(0..<x.rank)
    let keeps = call.config.flag("keepdims")
    let numbers = k.emit("Cast", [x.name], attributes: ["to": .integer(1)], outputCount: 1)[0]
    let largest = k.emit(
      "ReduceMax", [numbers, k.integers(axes)],
      attributes: ["keepdims": .integer(keeps ? 1 : 0)], outputCount: 1)[0]
    return [
      k.emit(
        "Cast", [largest], attributes: ["to": .integer(9)],
        extents: x.extents.enumerated().compactMap { axis, extent -> Int?? in
          axes.contains(axis) ? (keeps ? .some(1) : nil) : .some(extent)
        }, scalarType: .bool)
    ]
  }

  private static func einsum(_ call: Call, _ k: inout KerasImporter) throws(MRDLError)
    -> [KerasValue]
  {
    guard let equation = call.config["subscripts"]?.text?.filter({ $0 != " " }),
      !equation.contains(".")
    else { throw k.unsupported("a product without a plain equation") }
    var values: [KerasValue] = []
    for index in call.operands.indices { values.append(try call.value(index, &k)) }
    let sides = equation.split(separator: ">").map { $0.filter { $0 != "-" } }
    let terms = (sides.first ?? "").split(separator: ",")
    guard sides.count == 2, terms.count == values.count else {
      throw k.unsupported("the equation \(equation)")
    }
    var letters: [Character: Int?] = [:]
    for (term, value) in zip(terms, values) {
      guard term.count == value.rank else { throw k.unsupported("the equation \(equation)") }
      for (letter, extent) in zip(term, value.extents) { letters[letter] = extent }
    }
    return [
      k.emit(
        "Einsum", values.map(\.name), attributes: ["equation": .string(equation)],
        extents: sides[1].map { letters[$0] ?? nil })
    ]
  }

  private static func matmul(_ call: Call, _ k: inout KerasImporter) throws(MRDLError)
    -> [KerasValue]
  {
    let (a, b) = (try call.value(0, &k), try call.value(1, &k))
    guard a.rank > 1, b.rank > 1 else { throw k.unsupported("a product with a vector") }
    let outer = KerasValue.broadcast([
      KerasValue(name: "", extents: Array(a.extents.dropLast(2))),
      KerasValue(name: "", extents: Array(b.extents.dropLast(2))),
    ])
    return [
      k.emit(
        "MatMul", [a.name, b.name],
        extents: outer + [a.extents[a.rank - 2], b.extents[b.rank - 1]])
    ]
  }
}

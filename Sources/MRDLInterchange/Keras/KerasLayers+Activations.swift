internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// Applies an activation that a layer names.
  static func apply(
    _ activation: KerasObject?, to x: KerasValue, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let name = activation?.name ?? "linear"
    func one(
      _ op: String, _ attributes: [String: AttributeValue] = [:]
    ) -> KerasValue {
      k.emit(op, [x.name], attributes: attributes, extents: x.extents)
    }
    switch name {
    case "linear": return x
    case "relu", "ReLU": return one("Relu")
    case "relu6":
      return k.emit(
        "Clip",
        [
          x.name, k.add(Tensor(scalar: Float(0)), "low"), k.add(Tensor(scalar: Float(6)), "high"),
        ], extents: x.extents)
    case "sigmoid": return one("Sigmoid")
    case "tanh": return one("Tanh")
    case "softmax", "Softmax": return one("Softmax", ["axis": .integer(-1)])
    case "log_softmax": return one("LogSoftmax", ["axis": .integer(-1)])
    case "softplus": return one("Softplus")
    case "softsign": return one("Softsign")
    case "elu", "ELU": return one("Elu")
    case "selu": return one("Selu")
    case "celu": return one("Celu")
    case "exponential": return one("Exp")
    case "swish", "silu": return one("Swish")
    case "mish": return one("Mish")
    case "gelu": return one("Gelu")
    case "hard_silu", "hard_swish": return one("HardSwish")
    case "leaky_relu", "LeakyReLU": return one("LeakyRelu", ["alpha": .float(0.2)])
    case "hard_sigmoid":
      return one(
        "HardSigmoid",
        ["alpha": .float(k.majorVersion >= 3 ? 1.0 / 6 : 0.2), "beta": .float(0.5)])
    default: throw k.unsupported("activation \(name)")
    }
  }

  static func activation(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    [try apply(layer.config["activation"], to: x[0], &k)]
  }

  static func reLU(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let slope = layer.config.number("negative_slope", default: 0)
    guard layer.config.number("threshold", default: 0) == 0 else {
      throw k.unsupported("ReLU with a threshold")
    }
    var y =
      slope == 0
      ? k.emit("Relu", [x[0].name], extents: x[0].extents)
      : k.emit(
        "LeakyRelu", [x[0].name], attributes: ["alpha": .float(slope)], extents: x[0].extents)
    if let limit = layer.config["max_value"]?.number {
      y = k.emit(
        "Clip", [y.name, "", k.add(Tensor(scalar: Float(limit)), "high")], extents: y.extents)
    }
    return [y]
  }

  static func leakyReLU(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let slope =
      layer.config["negative_slope"]?.number ?? layer.config.number("alpha", default: 0.3)
    return [
      k.emit(
        "LeakyRelu", [x[0].name], attributes: ["alpha": .float(slope)], extents: x[0].extents)
    ]
  }

  static func pReLU(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let slope = try k.weights(layer, count: 1...1)[0]
    return [k.emit("PRelu", [x[0].name, k.add(slope, "alpha")], extents: x[0].extents)]
  }

  static func elu(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    [
      k.emit(
        "Elu", [x[0].name], attributes: ["alpha": .float(layer.config.number("alpha", default: 1))],
        extents: x[0].extents)
    ]
  }

  static func softmax(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let axis = layer.config["axis"] == nil ? -1 : layer.config["axis"]?.integer else {
      throw k.unsupported("Softmax over several axes")
    }
    return [
      k.emit(
        "Softmax", [x[0].name], attributes: ["axis": .integer(Int64(axis))], extents: x[0].extents)
    ]
  }
}

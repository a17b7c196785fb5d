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
    case "hard_tanh": return limited(x, -1, 1, &k)
    case "hard_shrink": return one("Shrink", ["lambd": .float(0.5), "bias": .float(0)])
    case "soft_shrink": return one("Shrink", ["lambd": .float(0.5), "bias": .float(0.5)])
    case "tanh_shrink":
      return k.emit("Sub", [x.name, one("Tanh").name], extents: x.extents)
    case "log_sigmoid":
      let y = k.emit("Softplus", [one("Neg").name], extents: x.extents)
      return k.emit("Neg", [y.name], extents: x.extents)
    case "squareplus":
      let square = k.emit("Mul", [x.name, x.name], extents: x.extents)
      let sum = k.emit("Add", [square.name, k.number(4)], extents: x.extents)
      let root = k.emit("Sqrt", [sum.name], extents: x.extents)
      let both = k.emit("Add", [x.name, root.name], extents: x.extents)
      return k.emit("Mul", [both.name, k.number(0.5)], extents: x.extents)
    case "sparse_sigmoid":
      return one("HardSigmoid", ["alpha": .float(0.5), "beta": .float(0.5)])
    case "sparse_plus":
      // The integral of sparse_sigmoid: 0, a parabola between -1 and 1, then the line.
      let inner = limited(x, -1, 1, &k)
      let raised = k.emit("Add", [inner.name, k.number(1)], extents: x.extents)
      let square = k.emit("Mul", [raised.name, raised.name], extents: x.extents)
      let parabola = k.emit("Mul", [square.name, k.number(0.25)], extents: x.extents)
      let isLine = k.emit("Greater", [x.name, k.number(1)], outputCount: 1)[0]
      return k.emit("Where", [isLine, x.name, parabola.name], extents: x.extents)
    default: throw k.unsupported("activation \(name)")
    }
  }

  private static func limited(
    _ x: KerasValue, _ low: Double, _ high: Double, _ k: inout KerasImporter
  ) -> KerasValue {
    k.emit("Clip", [x.name, k.number(low, "low"), k.number(high, "high")], extents: x.extents)
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
    let threshold = layer.config.number("threshold", default: 0)
    let limit = layer.config["max_value"]?.number
    let extents = x[0].extents
    if threshold != 0 {
      // Below the threshold a line that is zero there, above it the value itself.
      let below = k.emit("Sub", [x[0].name, k.number(threshold, "threshold")], extents: extents)
      let line = k.emit("Mul", [below.name, k.number(slope, "slope")], extents: extents)
      let isAbove = k.emit(
        "GreaterOrEqual", [x[0].name, k.number(threshold, "threshold")], outputCount: 1)[0]
      let y = k.emit("Where", [isAbove, x[0].name, line.name], extents: extents)
      guard let limit else { return [y] }
      return [k.emit("Clip", [y.name, "", k.number(limit, "high")], extents: extents)]
    }
    if slope == 0 {
      return [
        limit.map { limited(x[0], 0, $0, &k) } ?? k.emit("Relu", [x[0].name], extents: extents)
      ]
    }
    let y = k.emit(
      "LeakyRelu", [x[0].name], attributes: ["alpha": .float(slope)], extents: extents)
    guard let limit else { return [y] }
    return [k.emit("Clip", [y.name, "", k.number(limit, "high")], extents: extents)]
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
    guard let mask = x[0].mask else { return [try softmax(layer, x[0], &k)] }
    let raised = k.emit(
      "Where", [mask.name, x[0].name, k.number(-1e9, "low")], extents: x[0].extents)
    let y = try softmax(layer, raised, &k)
    // Where nothing counts, Keras 3 gives zeros.
    if k.majorVersion < 3 { return [y] }
    return [k.emit("Where", [mask.name, y.name, k.number(0, "zero")], extents: y.extents)]
  }

  private static func softmax(
    _ layer: KerasLayer, _ x: KerasValue, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    if let axes = layer.config["axis"]?.elements?.compactMap(\.integer) {
      // Over several axes: the largest is taken away first, so that no power overflows.
      let extents = x.extents
      let top = k.emit("ReduceMax", [x.name, k.integers(axes)], extents: extents)
      let below = k.emit("Sub", [x.name, top.name], extents: extents)
      let powers = k.emit("Exp", [below.name], extents: extents)
      let sum = k.emit("ReduceSum", [powers.name, k.integers(axes)], extents: extents)
      return k.emit("Div", [powers.name, sum.name], extents: extents)
    }
    let axis = layer.config["axis"]?.integer ?? -1
    return k.emit(
      "Softmax", [x.name], attributes: ["axis": .integer(Int64(axis))], extents: x.extents)
  }
}

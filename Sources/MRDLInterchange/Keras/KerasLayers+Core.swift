internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  static func dense(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 2...2 : 1...1)
    let units = weights[0].shape[weights[0].shape.rank - 1]
    let extents = x[0].extents.dropLast() + [units]
    var inputs = [x[0].name, k.add(weights[0], "kernel")]
    if x[0].rank == 2 {
      if hasBias { inputs.append(k.add(weights[1], "bias")) }
      let y = k.emit("Gemm", inputs, extents: Array(extents))
      return [try apply(layer.config["activation"], to: y, &k)]
    }
    var y = k.emit("MatMul", inputs, extents: Array(extents))
    if hasBias {
      y = k.emit("Add", [y.name, k.add(weights[1], "bias")], extents: y.extents)
    }
    return [try apply(layer.config["activation"], to: y, &k)]
  }

  static func flatten(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    var value = x[0]
    if layer.config.text("data_format", default: "channels_last") == "channels_first",
      value.rank > 2
    {
      value = k.channelsLast(value)
    }
    var count: Int? = 1
    for extent in value.extents.dropFirst() {
      count = count.flatMap { product in extent.flatMap { product.multipliedChecked(by: $0) } }
    }
    return [
      k.emit(
        "Flatten", [value.name], attributes: ["axis": .integer(1)],
        extents: [value.extents[0], count])
    ]
  }

  static func reshape(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    var target = (layer.config["target_shape"]?.elements ?? []).map { $0.integer ?? -1 }
    let known = x[0].extents.dropFirst().reduce(Optional(1)) { product, extent in
      product.flatMap { product in extent.flatMap { product.multipliedChecked(by: $0) } }
    }
    let rest = target.filter { $0 >= 0 }.reduce(1, *)
    if let known, rest > 0, let open = target.firstIndex(of: -1) { target[open] = known / rest }
    return [k.reshape(x[0], [x[0].extents[0]] + target.map { $0 < 0 ? nil : $0 })]
  }

  static func permute(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let axes = [0] + (layer.config["dims"]?.elements ?? []).compactMap(\.integer)
    guard axes.sorted() == Array(0..<x[0].rank) else {
      throw MRDLError(.badKeras, "the axes of a permutation do not fit", found: "\(axes)")
    }
    return [k.transpose(x[0], axes)]
  }

  static func repeatVector(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let count = try layer.config.required("n")
    guard x[0].rank == 2 else { throw k.unsupported("RepeatVector of rank \(x[0].rank)") }
    let column = k.emit(
      "Unsqueeze", [x[0].name, k.add(Tensor([Int64(1)]), "axes")],
      extents: [x[0].extents[0], 1, x[0].extents[1]])
    return [
      k.emit(
        "Tile", [column.name, k.add(Tensor([Int64(1), Int64(count), Int64(1)]), "repeats")],
        extents: [x[0].extents[0], count, x[0].extents[1]])
    ]
  }

  static func embedding(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let weights = try k.weights(layer, count: 1...1)[0]
    let indices = k.emit(
      "Cast", [x[0].name], attributes: ["to": .integer(7)], extents: x[0].extents)
    var y = k.emit(
      "Gather", [k.add(weights, "embeddings"), indices.name],
      attributes: ["axis": .integer(0)], extents: x[0].extents + [weights.shape[1]])
    if layer.config.flag("mask_zero") {
      let zero = k.add(Tensor(scalar: Int64(0)), "zero")
      let isZero = k.emit("Equal", [indices.name, zero], outputCount: 1)[0]
      y.mask = k.emit("Not", [isZero], outputCount: 1)[0]
    }
    return [y]
  }

  static func rescaling(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let scale = try numbers(layer.config["scale"], default: 1, k)
    let offset = try numbers(layer.config["offset"], default: 0, k)
    let y = k.emit("Mul", [x[0].name, k.add(scale, "scale")], extents: x[0].extents)
    return [k.emit("Add", [y.name, k.add(offset, "offset")], extents: x[0].extents)]
  }

  /// One number or one for each channel, which are last.
  static func numbers(
    _ object: KerasObject?, default: Double, _ k: KerasImporter
  ) throws(MRDLError) -> Tensor {
    guard let object else { return Tensor(scalar: Float(`default`)) }
    if object.elements == nil, let number = object.number { return Tensor(scalar: Float(number)) }
    let array = KerasConstant(object)
    guard let array, !array.numbers.isEmpty else { throw k.unsupported("numbers that are none") }
    return Tensor(array.numbers.map { Float($0) }, shape: Shape(array.extents))
  }

  // MARK: Merging

  static func merge(
    _ op: String, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let rank = x.reduce(0) { max($0, $1.rank) }
    guard x.allSatisfy({ $0.rank == rank }) else {
      throw k.unsupported("inputs with different numbers of axes")
    }
    let extents = (0..<rank).map { axis -> Int? in
      x.reduce(Optional(1)) { extent, value in
        value.extents[axis] == 1 ? extent : value.extents[axis]
      }
    }
    if op == "Max" || op == "Min" || op == "Mean" {
      return [k.emit(op, x.map(\.name), extents: extents)]
    }
    var result = x[0]
    for value in x.dropFirst() {
      result = k.emit(op, [result.name, value.name], extents: extents)
    }
    return [result]
  }

  static func concatenate(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let given = layer.config["axis"]?.integer ?? -1
    let axis = given < 0 ? given + x[0].rank : given
    guard x.allSatisfy({ $0.rank == x[0].rank }), (0..<x[0].rank).contains(axis) else {
      throw MRDLError(.badKeras, "the axis of a concatenation does not fit", found: "\(given)")
    }
    var extents = x[0].extents
    extents[axis] = x.reduce(Optional(0)) { sum, value in
      sum.flatMap { sum in value.extents[axis].map { sum + $0 } }
    }
    return [
      k.emit(
        "Concat", x.map(\.name), attributes: ["axis": .integer(Int64(axis))], extents: extents)
    ]
  }

  // MARK: Normalisation

  static func batchNormalization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let (scales, centers) = (
      layer.config.flag("scale", default: true), layer.config.flag("center", default: true)
    )
    let count = 2 + (scales ? 1 : 0) + (centers ? 1 : 0)
    var weights = try k.weights(layer, count: count...count)
    let channels = weights[0].elementCount
    let gamma =
      scales ? weights.removeFirst() : try k.filled(1, extents: [channels])
    let beta = centers ? weights.removeFirst() : try k.filled(0, extents: [channels])
    let given = layer.config["axis"].flatMap { $0.integer ?? $0.elements?.first?.integer } ?? -1
    let axis = given < 0 ? given + x[0].rank : given
    guard axis == 1 || axis == x[0].rank - 1 else {
      throw k.unsupported("normalisation along axis \(axis)")
    }
    let isLast = axis == x[0].rank - 1 && x[0].rank > 2
    let input = isLast ? k.channelsFirst(x[0]) : x[0]
    let y = k.emit(
      "BatchNormalization",
      [
        input.name, k.add(gamma, "gamma"), k.add(beta, "beta"), k.add(weights[0], "moving_mean"),
        k.add(weights[1], "moving_variance"),
      ], attributes: ["epsilon": .float(layer.config.number("epsilon", default: 1e-3))],
      extents: input.extents)
    return [isLast ? k.channelsLast(y) : y]
  }

  static func layerNormalization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let given =
      layer.config["axis"].flatMap { axis in
        axis.integer.map { [$0] } ?? axis.elements?.compactMap(\.integer)
      } ?? [-1]
    let axes = given.map { $0 < 0 ? $0 + x[0].rank : $0 }.sorted()
    guard let first = axes.first, axes == Array(first..<x[0].rank) else {
      throw k.unsupported("normalisation along other axes than the last ones")
    }
    let extents = axes.compactMap { x[0].extents[$0] }
    guard extents.count == axes.count else {
      throw k.unsupported("normalisation along an axis of unknown extent")
    }
    let (scales, centers) = (
      layer.config.flag("scale", default: true), layer.config.flag("center", default: true)
    )
    let count = (scales ? 1 : 0) + (centers ? 1 : 0)
    var weights = try k.weights(layer, count: count...count)
    let gamma =
      scales
      ? weights.removeFirst()
      : try k.filled(1, extents: extents)
    var inputs = [x[0].name, k.add(gamma, "gamma")]
    if centers { inputs.append(k.add(weights.removeFirst(), "beta")) }
    return [
      k.emit(
        "LayerNormalization", inputs,
        attributes: [
          "axis": .integer(Int64(first)),
          "epsilon": .float(layer.config.number("epsilon", default: 1e-3)),
        ], extents: x[0].extents)
    ]
  }
}

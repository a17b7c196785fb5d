internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  static func dense(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 2...2 : 1...1)
    guard weights[0].shape.rank == 2 else {
      throw MRDLError(
        .badKeras, "the weights of a layer do not fit", found: "\(weights[0].shape)",
        expected: "[in, out]")
    }
    let units = weights[0].shape[1]
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
    let stored = try k.weights(layer, count: 1...2)
    let weights = stored[0]
    guard weights.shape.rank == 2 else {
      throw MRDLError(.badKeras, "the weights of a layer do not fit", found: "\(weights.shape)")
    }
    if layer.named.flag("reverse") { return [try reverseEmbedding(layer, x[0], stored, &k)] }
    let indices = k.emit(
      "Cast", [x[0].name], attributes: ["to": .integer(7)], extents: x[0].extents)
    var y = k.emit(
      "Gather", [k.add(weights, "embeddings"), indices.name],
      attributes: ["axis": .integer(0)], extents: x[0].extents + [weights.shape[1]])
    if layer.config.flag("mask_zero") {
      let zero = k.add(Tensor(scalar: Int64(0)), "zero")
      let isZero = k.emit("Equal", [indices.name, zero], outputCount: 1)[0]
      y.mask = KerasValue.Mask(
        name: k.emit("Not", [isZero], outputCount: 1)[0], rank: x[0].rank)
    }
    return [y]
  }

  /// From vectors back to scores of each entry of the table (ReversibleEmbedding).
  private static func reverseEmbedding(
    _ layer: KerasLayer, _ x: KerasValue, _ weights: [Tensor], _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let isTied = layer.config.flag("tie_weights", default: true)
    guard isTied || weights.count == 2 else {
      throw MRDLError(.badKeras, "a layer has another number of weights", expected: "2")
    }
    let kernel = isTied ? try k.permuted(weights[0], [1, 0]) : weights[1]
    let y = k.emit(
      "MatMul", [x.name, k.add(kernel, "reverse_embeddings")],
      extents: x.extents.dropLast() + [kernel.shape[1]])
    guard let cap = layer.config["logit_soft_cap"]?.number else { return y }
    let limit = k.number(cap, "soft_cap")
    let small = k.emit("Div", [y.name, limit], extents: y.extents)
    let bent = k.emit("Tanh", [small.name], extents: y.extents)
    return k.emit("Mul", [bent.name, limit], extents: y.extents)
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
}

internal import MRDLCore
internal import MRDLModel

/// Layers that Keras 3 no longer has.
extension KerasLayers {
  /// The largest of several linear functions (Goodfellow et al. 2013).
  static func maxoutDense(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 2...2 : 1...1)
    guard x[0].rank == 2, weights[0].shape.rank == 3 else {
      throw MRDLError(.badKeras, "the weights of a layer do not fit", found: "\(weights[0].shape)")
    }
    let (features, width) = (weights[0].shape[0], weights[0].shape[2])
    // [N, 1, 1, in] × [features, in, out].
    let row = k.unsqueezed(x[0].name, [1, 2])
    var y = k.emit(
      "MatMul", [row, k.add(weights[0], "kernel")], extents: [x[0].extents[0], features, 1, width])
    if hasBias {
      y = k.emit(
        "Add",
        [y.name, k.add(try k.reshaped(weights[1], [features, 1, width]), "bias")],
        extents: y.extents)
    }
    return [
      k.emit(
        "ReduceMax", [y.name, k.integers([1, 2])], attributes: ["keepdims": .integer(0)],
        extents: [x[0].extents[0], width])
    ]
  }

  /// A gate between a layer and its input (Srivastava et al. 2015).
  static func highway(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 4...4 : 2...2)
    func linear(_ index: Int, _ name: String) -> KerasValue {
      var inputs = [x[0].name, k.add(weights[index], name)]
      if hasBias { inputs.append(k.add(weights[index + 2], "\(name)_bias")) }
      return k.emit("Gemm", inputs, extents: x[0].extents)
    }
    let gate = k.emit("Sigmoid", [linear(1, "carry").name], extents: x[0].extents)
    let new = try apply(layer.config["activation"], to: linear(0, "kernel"), &k)
    let difference = k.emit("Sub", [new.name, x[0].name], extents: x[0].extents)
    let part = k.emit("Mul", [difference.name, gate.name], extents: x[0].extents)
    return [k.emit("Add", [x[0].name, part.name], extents: x[0].extents)]
  }

  static func parametricSoftplus(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let weights = try k.weights(layer, count: 2...2)
    let scaled = k.emit("Mul", [x[0].name, k.add(weights[1], "betas")], extents: x[0].extents)
    let bent = k.emit("Softplus", [scaled.name], extents: x[0].extents)
    return [k.emit("Mul", [bent.name, k.add(weights[0], "alphas")], extents: x[0].extents)]
  }

  /// Zero up to a threshold, and the value itself above it.
  static func thresholdedReLU(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    [
      k.emit(
        "ThresholdedRelu", [x[0].name],
        attributes: ["alpha": .float(layer.config.number("theta", default: 1))],
        extents: x[0].extents)
    ]
  }

  /// Three straight lines with learnt slopes (Jin et al. 2015).
  static func sReLU(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let weights = try k.weights(layer, count: 4...4)
    let extents = x[0].extents
    let left = k.add(weights[0], "t_left")
    // The right threshold is stored as its distance from the left one.
    let distance = k.emit("Abs", [k.add(weights[2], "t_right")], outputCount: 1)[0]
    let right = k.emit("Add", [left, distance], outputCount: 1)[0]
    func slope(_ border: String, _ index: Int, _ name: String) -> KerasValue {
      let beyond = k.emit("Sub", [x[0].name, border], extents: extents)
      let scaled = k.emit("Mul", [beyond.name, k.add(weights[index], name)], extents: extents)
      return k.emit("Add", [scaled.name, border], extents: extents)
    }
    let below = slope(left, 1, "a_left")
    let above = slope(right, 3, "a_right")
    let isBelow = k.emit("Less", [x[0].name, left], outputCount: 1)[0]
    let isAbove = k.emit("Greater", [x[0].name, right], outputCount: 1)[0]
    let inner = k.emit("Where", [isAbove, above.name, x[0].name], extents: extents)
    return [k.emit("Where", [isBelow, below.name, inner.name], extents: extents)]
  }

  /// A convolution with kernels of its own for each place.
  static func locallyConnected(
    _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    if (layer.config["implementation"]?.integer ?? 1) != 1 {
      throw k.unsupported("implementation \(layer.config["implementation"]?.integer ?? 0)")
    }
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 2...2 : 1...1)
    let isFirst = isChannelsFirst(layer)
    let input = isFirst ? x[0] : k.channelsFirst(x[0])
    let rule = try rule(layer.config, rank)
    guard rule.padding == "valid", let channels = input.extents[1] else {
      throw k.unsupported("a locally connected layer with padding")
    }
    let spatial = rule.output(Array(input.extents[2...])).compactMap { $0 }
    let window = rule.kernel.reduce(1, *)
    let (places, features) = (spatial.reduce(1, *), window * channels)
    guard spatial.count == rank, weights[0].shape.rank == 3,
      weights[0].shape[0] == places, weights[0].shape[1] == features
    else {
      throw MRDLError(
        .badKeras, "the weights of a layer do not fit its input", found: "\(weights[0].shape)",
        expected: "[\(places), \(features), …]")
    }
    let filters = weights[0].shape[2]
    // A kernel [spatial…, in, window · in] that takes each number of a window to a place of its own: the
    // channels of a place together, or its places for each channel.
    guard features <= 1 << 12 else { throw k.unsupported("windows of \(features) numbers") }
    var selection = [Float](repeating: 0, count: features * features)
    for place in 0..<window {
      for channel in 0..<channels {
        let target = isFirst ? channel * window + place : place * channels + channel
        selection[(place * channels + channel) * features + target] = 1
      }
    }
    let columns = try convolve(
      input, Tensor(selection, shape: Shape(rule.kernel + [channels, features])), nil, groups: 1,
      rule, isChannelsFirst: true, &k)
    let batch = x[0].extents[0]
    let flat = k.emit(
      "Reshape", [columns.name, k.integers([0, features, places], "shape")],
      extents: [batch, features, places])
    // [places, N, features] × [places, features, filters].
    let byPlace = k.transpose(flat, [2, 0, 1])
    let products = k.emit(
      "MatMul", [byPlace.name, k.add(weights[0], "kernel")], extents: [places, batch, filters])
    let moved = k.transpose(products, isFirst ? [1, 2, 0] : [1, 0, 2])
    let tail = isFirst ? [filters] + spatial : spatial + [filters]
    var y = k.emit(
      "Reshape", [moved.name, k.integers([0] + tail, "shape")],
      extents: [batch] + tail.map { Optional($0) })
    if hasBias {
      // With the channels first the bias is read in that order, although it is stored in the other.
      y = k.emit(
        "Add", [y.name, k.add(try k.reshaped(weights[1], tail), "bias")], extents: y.extents)
    }
    return [try apply(layer.config["activation"], to: y, &k)]
  }
}

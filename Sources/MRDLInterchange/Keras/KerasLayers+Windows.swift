internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// The order of axes that a layer works in.
  static func isChannelsFirst(_ layer: KerasLayer) -> Bool {
    layer.config.text("data_format", default: "channels_last") == "channels_first"
  }

  private static func padding(_ layer: KerasLayer) -> String {
    layer.config.text("padding", default: "valid")
  }

  /// The attributes of a window, and its effect on spatial extents.
  struct WindowRule {
    let kernel: [Int]
    let strides: [Int]
    let dilations: [Int]
    let padding: String

    /// - Throws: `badKeras` for a size, step or distance below 1 or past what any tensor has.
    init(
      kernel: [Int], strides: [Int], dilations: [Int], padding: String
    ) throws(MRDLError) {
      for (name, list) in [
        ("window", kernel), ("step of a window", strides), ("dilation", dilations),
      ] where !list.allSatisfy({ (1...1 << 30).contains($0) }) {
        throw MRDLError(
          .badKeras, "the \(name) of a layer is out of range", found: "\(list)",
          expected: "numbers from 1 to \(1 << 30)")
      }
      self.kernel = kernel
      self.strides = strides
      self.dilations = dilations
      self.padding = padding
    }

    var attributes: [String: AttributeValue] {
      var result: [String: AttributeValue] = [
        "strides": .integers(strides.map { Int64($0) })
      ]
      if dilations.contains(where: { $0 != 1 }) {
        result["dilations"] = .integers(dilations.map { Int64($0) })
      }
      switch padding {
      case "same" where dilations.contains { $0 != 1 }:
        // With dilations there are no strides; not every program knows automatic padding then.
        let totals = kernel.indices.map { (kernel[$0] - 1) * dilations[$0] }
        result["pads"] = .integers(
          totals.map { Int64($0 / 2) } + totals.map { Int64($0 - $0 / 2) })
      case "same": result["auto_pad"] = .string("SAME_UPPER")
      case "causal":
        result["pads"] = .integers([Int64((kernel[0] - 1) * dilations[0]), 0])
      default: result["auto_pad"] = .string("VALID")
      }
      return result
    }

    func output(_ extents: [Int?]) -> [Int?] {
      extents.enumerated().map { axis, extent in
        extent.map { extent in
          let room =
            padding == "valid" ? extent - (kernel[axis] - 1) * dilations[axis] : extent
          return max(0, (room + strides[axis] - 1) / strides[axis])
        }
      }
    }
  }

  static func check(
    _ x: KerasValue, _ rank: Int, _ k: KerasImporter
  ) throws(MRDLError) {
    guard x.rank == rank + 2 else {
      throw MRDLError(
        .badKeras, "the input of a layer has another number of axes", found: "\(x.rank)",
        expected: "\(rank + 2)")
    }
  }

  /// A convolution whose kernel is [spatial…, in, out].
  static func convolve(
    _ x: KerasValue, _ kernel: Tensor, _ bias: Tensor?, groups: Int, _ rule: WindowRule,
    isChannelsFirst: Bool, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let rank = rule.kernel.count
    let weights = try k.permuted(kernel, [rank + 1, rank] + Array(0..<rank))
    let input = isChannelsFirst ? x : k.channelsFirst(x)
    var inputs = [input.name, k.add(weights, "kernel")]
    if let bias { inputs.append(k.add(bias, "bias")) }
    var attributes = rule.attributes
    attributes["kernel_shape"] = .integers(rule.kernel.map { Int64($0) })
    if groups != 1 { attributes["group"] = .integer(Int64(groups)) }
    let y = k.emit(
      "Conv", inputs, attributes: attributes,
      extents: [input.extents[0], weights.shape[0]] + rule.output(Array(input.extents[2...])))
    return isChannelsFirst ? y : k.channelsLast(y)
  }

  private static func rule(
    _ layer: KerasLayer, _ rank: Int
  ) throws(MRDLError) -> WindowRule { try rule(layer.config, rank) }

  static func rule(_ config: KerasObject, _ rank: Int) throws(MRDLError) -> WindowRule {
    try WindowRule(
      kernel: try config.integers("kernel_size", count: rank, default: 1),
      strides: try config.integers("strides", count: rank, default: 1),
      dilations: try config.integers("dilation_rate", count: rank, default: 1),
      padding: config.text("padding", default: "valid"))
  }

  static func convolution(
    _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 2...2 : 1...1)
    let y = try convolve(
      x[0], weights[0], hasBias ? weights[1] : nil, groups: layer.config["groups"]?.integer ?? 1,
      rule(layer, rank), isChannelsFirst: isChannelsFirst(layer), &k)
    return [try apply(layer.config["activation"], to: y, &k)]
  }

  /// A depthwise kernel [spatial…, in, multiplier] as one of a convolution in groups.
  private static func grouped(
    _ kernel: Tensor, _ rank: Int, _ k: KerasImporter
  ) throws(MRDLError) -> Tensor {
    let extents = kernel.shape.dimensions
    guard extents.count == rank + 2 else {
      throw MRDLError(
        .badKeras, "the weights of a layer do not fit", found: "\(kernel.shape)",
        expected: Quantity.count(rank + 2, "axis"))
    }
    return try k.reshaped(
      kernel, Array(extents[..<rank]) + [1, extents[rank] * extents[rank + 1]])
  }

  static func depthwise(
    _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 2...2 : 1...1)
    let y = try convolve(
      x[0], grouped(weights[0], rank, k), hasBias ? weights[1] : nil,
      groups: weights[0].shape[rank],
      rule(layer, rank), isChannelsFirst: isChannelsFirst(layer), &k)
    return [try apply(layer.config["activation"], to: y, &k)]
  }

  static func separable(
    _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 3...3 : 2...2)
    let ones = [Int](repeating: 1, count: rank)
    let middle = try convolve(
      x[0], grouped(weights[0], rank, k), nil, groups: weights[0].shape[rank], rule(layer, rank),
      isChannelsFirst: isChannelsFirst(layer), &k)
    let y = try convolve(
      middle, weights[1], hasBias ? weights[2] : nil, groups: 1,
      try WindowRule(kernel: ones, strides: ones, dilations: ones, padding: "valid"),
      isChannelsFirst: isChannelsFirst(layer), &k)
    return [try apply(layer.config["activation"], to: y, &k)]
  }

  static func transposed(
    _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let hasBias = layer.config.flag("use_bias", default: true)
    let weights = try k.weights(layer, count: hasBias ? 2...2 : 1...1)
    let rule = try rule(layer, rank)
    // The kernel is [spatial…, out, in].
    let kernel = try k.permuted(weights[0], [rank + 1, rank] + Array(0..<rank))
    let isFirst = isChannelsFirst(layer)
    let input = isFirst ? x[0] : k.channelsFirst(x[0])
    var inputs = [input.name, k.add(kernel, "kernel")]
    if hasBias { inputs.append(k.add(weights[1], "bias")) }
    var attributes = rule.attributes
    attributes["auto_pad"] = nil
    attributes["kernel_shape"] = .integers(rule.kernel.map { Int64($0) })
    let spans = (0..<rank).map { (rule.kernel[$0] - 1) * rule.dilations[$0] + 1 }
    // What is cut off before, and behind; less than nothing adds places that no window reaches.
    var cuts = spans.indices.map { axis -> (before: Int, behind: Int) in
      let rest = spans[axis] - rule.strides[axis]
      guard rule.padding == "same" else { return (0, min(rest, 0)) }
      return rest < 0 ? (0, rest) : (rest / 2, rest - rest / 2)
    }
    if let extra = layer.config["output_padding"] {
      let given =
        extra.integers.count == 1
        ? [Int](repeating: extra.integers[0], count: rank) : extra.integers
      guard given.count == rank else {
        throw MRDLError(.badKeras, "output_padding has another number of values")
      }
      for axis in 0..<rank {
        // The border of a window of that size, on both sides, and then the places that are asked for.
        let border = rule.padding == "same" ? spans[axis] / 2 : 0
        cuts[axis] = (border, border - given[axis])
      }
    }
    if let wanted = layer.config["output_shape"]?.elements?.map(\.integer),
      layer.config["data_format"] != nil, wanted.count == rank + 2
    {
      // Keras 1 says how large the output is.
      let places = Array(wanted[(isFirst ? 2 : 1)...].prefix(rank))
      for axis in 0..<rank {
        guard let extent = input.extents[2 + axis], let result = places[axis] else {
          throw k.unsupported("a transposed convolution to or from an unknown size")
        }
        let total = (extent - 1) * rule.strides[axis] + spans[axis] - result
        cuts[axis] =
          rule.padding == "same" && total > 0 ? (total / 2, total - total / 2) : (0, total)
      }
    }
    let spatial = (0..<rank).map { axis -> Int? in
      input.extents[2 + axis].map {
        ($0 - 1) * rule.strides[axis] + spans[axis] - cuts[axis].before - cuts[axis].behind
      }
    }
    guard cuts.allSatisfy({ $0.before >= 0 }), spatial.allSatisfy({ ($0 ?? 1) > 0 }) else {
      throw MRDLError(.badKeras, "a transposed convolution gives nothing")
    }
    attributes["pads"] = .integers(
      cuts.map { Int64($0.before) } + cuts.map { Int64(max($0.behind, 0)) })
    if cuts.contains(where: { $0.behind < 0 }) {
      attributes["output_padding"] = .integers(cuts.map { Int64(max(-$0.behind, 0)) })
    }
    let y = k.emit(
      "ConvTranspose", inputs, attributes: attributes,
      extents: [input.extents[0], kernel.shape[1]] + spatial)
    return [try apply(layer.config["activation"], to: isFirst ? y : k.channelsLast(y), &k)]
  }

  static func pool(
    _ op: String, _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue],
    _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let size = try layer.config.integers(
      layer.config["pool_size"] == nil ? "pool_length" : "pool_size", count: rank, default: 2)
    let strides =
      layer.config["strides"] == nil
      ? size : try layer.config.integers("strides", count: rank, default: 1)
    let rule = try WindowRule(
      kernel: size, strides: strides, dilations: [Int](repeating: 1, count: rank),
      padding: padding(layer))
    let isFirst = isChannelsFirst(layer)
    let input = isFirst ? x[0] : k.channelsFirst(x[0])
    var attributes = rule.attributes
    attributes["kernel_shape"] = .integers(size.map { Int64($0) })
    let y = k.emit(
      op, [input.name], attributes: attributes,
      extents: [input.extents[0], input.extents[1]] + rule.output(Array(input.extents[2...])))
    return [isFirst ? y : k.channelsLast(y)]
  }

  static func globalPool(
    _ op: String, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let keeps = layer.config.flag("keepdims")
    let axes = isChannelsFirst(layer) ? Array(2..<x[0].rank) : Array(1..<(x[0].rank - 1))
    if op == "ReduceMean", let mask = x[0].mask, layer.className == "GlobalAveragePooling1D" {
      return [try maskedAverage(x[0], mask, axis: axes[0], keeps: keeps, &k)]
    }
    let extents = x[0].extents.enumerated().compactMap { axis, extent -> Int?? in
      axes.contains(axis) ? (keeps ? .some(1) : nil) : .some(extent)
    }
    return [
      k.emit(
        op, [x[0].name, k.add(Tensor(axes.map { Int64($0) }), "axes")],
        attributes: ["keepdims": .integer(keeps ? 1 : 0)], extents: extents)
    ]
  }

  /// The mean of the steps that count.
  private static func maskedAverage(
    _ x: KerasValue, _ mask: KerasValue.Mask, axis: Int, keeps: Bool, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    guard mask.rank == 2 else { throw k.unsupported("a mask with \(mask.rank) axes") }
    let counts = k.unsqueezed(mask.name, [axis == 1 ? 2 : 1])
    let kept = k.emit("Where", [counts, x.name, k.number(0, "zero")], extents: x.extents)
    let ones = k.emit("Cast", [counts], attributes: ["to": .integer(1)], outputCount: 1)[0]
    var extents = x.extents
    if keeps { extents[axis] = 1 } else { extents.remove(at: axis) }
    func sum(_ name: String) -> String {
      k.emit(
        "ReduceSum", [name, k.integers([axis])],
        attributes: ["keepdims": .integer(keeps ? 1 : 0)], outputCount: 1)[0]
    }
    return k.emit("Div", [sum(kept.name), sum(ones)], extents: extents)
  }

  // MARK: Borders

  /// Numbers before and behind each spatial axis: one for all, one for each axis, or two for each.
  /// More elements than a border, or copies of one, have anywhere but in damaged files.
  private static let mostElements = 1 << 20

  private static func borders(
    _ key: String, _ rank: Int, _ layer: KerasLayer
  ) throws(MRDLError) -> [(Int, Int)] {
    let borders = try statedBorders(key, rank, layer)
    for border in borders where max(border.0, border.1) > mostElements {
      throw MRDLError(
        .badKeras, "a border is too large", found: "\(border)", expected: "at most \(mostElements)",
        at: Place(key))
    }
    return borders
  }

  private static func statedBorders(
    _ key: String, _ rank: Int, _ layer: KerasLayer
  ) throws(MRDLError) -> [(Int, Int)] {
    guard let value = layer.config[key] else { return [(Int, Int)](repeating: (1, 1), count: rank) }
    if let one = value.integer { return [(Int, Int)](repeating: (one, one), count: rank) }
    let elements = value.elements ?? []
    if rank == 1, elements.count == 2, let before = elements[0].integer,
      let behind = elements[1].integer
    {
      return [(before, behind)]
    }
    guard elements.count == rank else {
      throw MRDLError(
        .badKeras, "a border does not fit the layer",
        found: Quantity.count(elements.count, "number"))
    }
    return elements.map { element in
      if let one = element.integer { return (one, one) }
      let pair = (element.elements ?? []).compactMap(\.integer)
      return (pair.first ?? 0, pair.last ?? 0)
    }
  }

  static func zeroPad(
    _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let borders = try borders("padding", rank, layer)
    let first = isChannelsFirst(layer) ? 2 : 1
    var (begins, ends) = (
      [Int64](repeating: 0, count: x[0].rank), [Int64](repeating: 0, count: x[0].rank)
    )
    var extents = x[0].extents
    for (axis, border) in borders.enumerated() {
      begins[first + axis] = Int64(border.0)
      ends[first + axis] = Int64(border.1)
      extents[first + axis] = extents[first + axis].map { $0 + border.0 + border.1 }
    }
    return [
      k.emit("Pad", [x[0].name, k.add(Tensor(begins + ends), "pads")], extents: extents)
    ]
  }

  static func crop(
    _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let borders = try borders("cropping", rank, layer)
    let first = isChannelsFirst(layer) ? 2 : 1
    var extents = x[0].extents
    for (axis, border) in borders.enumerated() {
      extents[first + axis] = extents[first + axis].map { max(0, $0 - border.0 - border.1) }
    }
    let starts = Tensor(borders.map { Int64($0.0) })
    let ends = Tensor(borders.map { $0.1 == 0 ? Int64.max : -Int64($0.1) })
    let axes = Tensor((0..<rank).map { Int64(first + $0) })
    return [
      k.emit(
        "Slice",
        [x[0].name, k.add(starts, "starts"), k.add(ends, "ends"), k.add(axes, "axes")],
        extents: extents)
    ]
  }

  static func upSample(
    _ rank: Int, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let size = try layer.config.integers("size", count: rank, default: 2)
    guard size.allSatisfy({ (1...mostElements).contains($0) }) else {
      throw MRDLError(
        .badKeras, "a factor is out of range", found: "\(size)",
        expected: "numbers from 1 to \(mostElements)")
    }
    let mode = layer.config.text("interpolation", default: "nearest")
    let isFirst = isChannelsFirst(layer)
    let input = isFirst ? x[0] : k.channelsFirst(x[0])
    let scales = [1, 1] + size.map { Float($0) }
    let extents = input.extents.enumerated().map { axis, extent in
      axis < 2 ? extent : extent.map { $0 * size[axis - 2] }
    }
    let attributes: [String: AttributeValue] =
      mode == "nearest"
      ? [
        "mode": .string("nearest"), "coordinate_transformation_mode": .string("asymmetric"),
        "nearest_mode": .string("floor"),
      ] : try interpolation(mode, antialias: false, k)
    let y = k.emit(
      "Resize", [input.name, "", k.add(Tensor(scales), "scales")], attributes: attributes,
      extents: extents)
    return [isFirst ? y : k.channelsLast(y)]
  }
}

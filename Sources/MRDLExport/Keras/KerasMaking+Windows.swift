internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension KerasMaking {
  private struct Window {
    let kernel: [Int]
    let strides: [Int]
    let dilations: [Int]
    /// Elements before and behind each axis, or nil for as many as `same` needs.
    let pads: [(begin: Int, end: Int)]?

    init(
      _ node: Node, kernel: [Int], _ k: KerasExporter
    ) throws(MRDLError) {
      let rank = kernel.count
      self.kernel = kernel
      strides = integers(node, "strides") ?? [Int](repeating: 1, count: rank)
      dilations = integers(node, "dilations") ?? [Int](repeating: 1, count: rank)
      switch text(node, "auto_pad", default: "NOTSET") {
      case "SAME_UPPER": pads = nil
      case "VALID": pads = [(Int, Int)](repeating: (0, 0), count: rank)
      case "NOTSET":
        let given = integers(node, "pads") ?? [Int](repeating: 0, count: 2 * rank)
        pads = (0..<rank).map { (given[$0], given[rank + $0]) }
      case let other: throw k.refusal("auto_pad \(other)")
      }
    }

    var isPadded: Bool { pads?.contains { $0.begin != 0 || $0.end != 0 } ?? false }

    /// Whether the explicit padding is what `same` gives for the extents.
    func isSame(_ extents: [Int?]) -> Bool {
      guard let pads else { return true }
      return kernel.indices.allSatisfy { axis in
        guard let extent = extents[axis] else { return false }
        let span = (kernel[axis] - 1) * dilations[axis] + 1
        let count = (extent + strides[axis] - 1) / strides[axis]
        let total = max(0, (count - 1) * strides[axis] + span - extent)
        return pads[axis].begin == total / 2 && pads[axis].end == total - total / 2
      }
    }
  }

  private static func digit(_ rank: Int, _ k: KerasExporter) throws(MRDLError) -> String {
    guard (1...3).contains(rank) else { throw k.refusal("windows over \(rank) axes") }
    return "\(rank)D"
  }

  private static func zeroPadded(
    _ x: KerasTensor, _ pads: [(begin: Int, end: Int)], _ layer: String, _ k: inout KerasExporter
  ) throws(MRDLError) -> KerasTensor {
    guard pads.allSatisfy({ $0.begin >= 0 && $0.end >= 0 }) else {
      throw k.refusal("negative padding")
    }
    var extents = x.extents
    for (axis, pad) in pads.enumerated() {
      extents[1 + axis] = extents[1 + axis].map { $0 + pad.begin + pad.end }
    }
    let padding: JSONValue =
      pads.count == 1
      ? .integers([pads[0].begin, pads[0].end])
      : .array(pads.map { .integers([$0.begin, $0.end]) })
    return k.emit(
      "ZeroPadding\(try digit(pads.count, k))", layer, ["padding": padding], [x],
      extents: extents)
  }

  static func convolution(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard let weights = try k.constantInput(1, of: node)?.cast(to: .float32) else { return }
    let bias = try k.constantInput(2, of: node)?.cast(to: .float32)
    let shape = weights.shape.dimensions
    let rank = shape.count - 2
    let window = try Window(node, kernel: Array(shape[2...]), k)
    guard window.strides.allSatisfy({ $0 == 1 }) || window.dilations.allSatisfy({ $0 == 1 }) else {
      throw k.refusal("a convolution with strides and dilations")
    }
    var x = try k.channelsLast(node.inputs[0])
    let channels = shape[1] * integer(node, "group", default: 1)
    var padding = "valid"
    if window.pads == nil {
      padding = "same"
    } else if window.isPadded {
      if window.isSame(Array(x.extents[1...rank])) {
        padding = "same"
      } else {
        x = try zeroPadded(x, window.pads ?? [], name(node) + "_pad", &k)
      }
    }
    let groups = integer(node, "group", default: 1)
    let output = try k.knownExtents(of: node.outputs[0])
    let extents = [output[0]] + output[2...] + [output[1]]
    var parts: [KerasLayerRecord.Weight] = []
    let isDepthwise = groups == channels && shape[1] == 1 && groups > 1 && rank < 3
    if isDepthwise {
      let multiplier = shape[0] / groups
      let split = weights.reshaped(Shape([groups, multiplier] + shape[2...]))
      parts.append(
        KerasLayerRecord.Weight(
          part: nil, name: "kernel",
          tensor: try KerasWeightOrder.permuted(split, Array(2..<(rank + 2)) + [0, 1])))
    } else {
      parts.append(
        KerasLayerRecord.Weight(
          part: nil, name: "kernel",
          tensor: try KerasWeightOrder.permuted(weights, Array(2..<(rank + 2)) + [1, 0])))
    }
    if let bias { parts.append(KerasLayerRecord.Weight(part: nil, name: "bias", tensor: bias)) }
    let made: KerasTensor
    if isDepthwise {
      // Two axes have one stride in Keras.
      guard Set(window.strides).count == 1 else { throw k.refusal("strides \(window.strides)") }
      made = k.emit(
        "DepthwiseConv\(try digit(rank, k))", name(node),
        [
          "kernel_size": .integers(window.kernel), "strides": .integers(window.strides),
          "padding": .string(padding), "depth_multiplier": .integer(Int64(shape[0] / groups)),
          "dilation_rate": .integers(window.dilations), "use_bias": .bool(bias != nil),
        ], [x], weights: parts, extents: extents)
    } else {
      made = k.emit(
        "Conv\(try digit(rank, k))", name(node),
        [
          "filters": .integer(Int64(shape[0])), "kernel_size": .integers(window.kernel),
          "strides": .integers(window.strides), "padding": .string(padding),
          "dilation_rate": .integers(window.dilations), "groups": .integer(Int64(groups)),
          "use_bias": .bool(bias != nil),
        ], [x], weights: parts, extents: extents)
    }
    k.define(node.outputs[0], channelsLast: made)
  }

  static func transposedConvolution(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard let weights = try k.constantInput(1, of: node)?.cast(to: .float32) else { return }
    let bias = try k.constantInput(2, of: node)?.cast(to: .float32)
    let shape = weights.shape.dimensions
    let rank = shape.count - 2
    let window = try Window(node, kernel: Array(shape[2...]), k)
    guard integer(node, "group", default: 1) == 1, integers(node, "output_shape") == nil,
      window.dilations.allSatisfy({ $0 == 1 })
    else { throw k.refusal("a transposed convolution with groups, dilations or a given shape") }
    let rest = integers(node, "output_padding") ?? [Int](repeating: 0, count: rank)
    // Keras fills up to whole strides where they are larger than the window.
    guard
      rest.indices.allSatisfy({
        rest[$0] == 0
          || (!window.isPadded && rest[$0] == window.strides[$0] - window.kernel[$0])
      })
    else { throw k.refusal("output_padding \(rest)") }
    let x = try k.channelsLast(node.inputs[0])
    let output = try k.knownExtents(of: node.outputs[0])
    let extents = [output[0]] + output[2...] + [output[1]]
    var parts = [
      KerasLayerRecord.Weight(
        part: nil, name: "kernel",
        tensor: try KerasWeightOrder.permuted(weights, Array(2..<(rank + 2)) + [1, 0]))
    ]
    if let bias { parts.append(KerasLayerRecord.Weight(part: nil, name: "bias", tensor: bias)) }
    let pads = window.pads ?? []
    var whole = extents
    for (axis, pad) in pads.enumerated() {
      whole[1 + axis] = whole[1 + axis].map { $0 + pad.begin + pad.end }
    }
    var made = k.emit(
      "Conv\(try digit(rank, k))Transpose", name(node),
      [
        "filters": .integer(Int64(shape[1])), "kernel_size": .integers(window.kernel),
        "strides": .integers(window.strides),
        "padding": window.pads == nil ? "same" : "valid", "use_bias": .bool(bias != nil),
      ], [x], weights: parts, extents: whole)
    if window.isPadded {
      let cropping: JSONValue =
        rank == 1
        ? .integers([pads[0].begin, pads[0].end])
        : .array(pads.map { .integers([$0.begin, $0.end]) })
      made = k.emit(
        "Cropping\(try digit(rank, k))", name(node) + "_crop", ["cropping": cropping], [made],
        extents: extents)
    }
    k.define(node.outputs[0], channelsLast: made)
  }

  static func pool(
    _ layer: String, _ node: Node, _ k: inout KerasExporter
  ) throws(MRDLError) {
    guard node.outputs.count == 1, let kernel = integers(node, "kernel_shape") else {
      throw k.refusal("the positions of MaxPool")
    }
    let window = try Window(node, kernel: kernel, k)
    guard window.dilations.allSatisfy({ $0 == 1 }) else { throw k.refusal("dilated pooling") }
    var x = try k.channelsLast(node.inputs[0])
    let output = try k.knownExtents(of: node.outputs[0])
    let rank = kernel.count
    var padding = window.pads == nil ? "same" : "valid"
    let countsPads = integer(node, "count_include_pad", default: 0) == 1
    let isAverage = layer == "AveragePooling"
    if isAverage && countsPads && (window.pads == nil) {
      throw k.refusal("a mean that counts the padding of SAME_UPPER")
    }
    if window.isPadded {
      if isAverage && countsPads {
        x = try zeroPadded(x, window.pads ?? [], name(node) + "_pad", &k)
      } else if window.isSame(Array(x.extents[1...rank])) {
        padding = "same"
      } else if isAverage {
        throw k.refusal("pads \(window.pads ?? []) of a mean")
      } else {
        x = try lowPadded(x, window.pads ?? [], name(node) + "_pad", &k)
      }
    }
    if integer(node, "ceil_mode", default: 0) == 1 {
      for axis in 0..<rank {
        guard let extent = x.extents[1 + axis],
          padding == "same"
            || (extent - kernel[axis]) % window.strides[axis] == 0
        else { throw k.refusal("ceil_mode where it matters") }
      }
    }
    let made = k.emit(
      "\(layer)\(try digit(rank, k))", name(node),
      [
        "pool_size": .integers(kernel), "strides": .integers(window.strides),
        "padding": .string(padding),
      ], [x], extents: [output[0]] + output[2...] + [output[1]])
    k.define(node.outputs[0], channelsLast: made)
  }

  /// Padding that never is the largest number of a window.
  private static func lowPadded(
    _ x: KerasTensor, _ pads: [(begin: Int, end: Int)], _ layer: String, _ k: inout KerasExporter
  ) throws(MRDLError) -> KerasTensor {
    let widths = [(0, 0)] + pads.map { ($0.begin, $0.end) } + [(0, 0)]
    let extents = zip(x.extents, widths).map { extent, width in
      extent.map { $0 + width.0 + width.1 }
    }
    return try k.emitOperation(
      "Pad", layer,
      ["pad_width": .array(widths.map { .integers([$0.0, $0.1]) }), "mode": "constant"],
      [.tensor(x)], keywords: ["constant_values": .number(-Double(Float.greatestFiniteMagnitude))],
      outputs: [extents], type: x.scalarType)[0]
  }

  static func globalPool(
    _ kind: String, _ node: Node, _ k: inout KerasExporter
  ) throws(MRDLError) {
    let x = try k.channelsLast(node.inputs[0])
    let extents = [x.extents[0]] + [Int?](repeating: 1, count: x.rank - 2) + [x.extents[x.rank - 1]]
    let made = k.emit(
      "Global\(kind)Pooling\(try digit(x.rank - 2, k))", name(node), ["keepdims": .bool(true)],
      [x], extents: extents)
    k.define(node.outputs[0], channelsLast: made)
  }

  static func resize(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let input = try k.knownExtents(of: node.inputs[0])
    let output = try k.knownExtents(of: node.outputs[0])
    let rank = input.count - 2
    let mode = text(node, "mode", default: "nearest")
    let coordinates = text(node, "coordinate_transformation_mode", default: "half_pixel")
    let nearest = text(node, "nearest_mode", default: "round_prefer_floor")
    guard rank > 0, integer(node, "antialias", default: 0) == 0 else {
      throw k.refusal("resizing that smooths")
    }
    if rank == 2, coordinates == "half_pixel", let height = output[2], let width = output[3],
      mode == "linear" || (mode == "nearest" && nearest == "round_prefer_ceil")
    {
      let x = try k.channelsLast(node.inputs[0])
      let made = k.emit(
        "Resizing", name(node),
        [
          "height": .integer(Int64(height)), "width": .integer(Int64(width)),
          "interpolation": mode == "linear" ? "bilinear" : "nearest",
        ], [x], extents: [output[0], height, width, output[1]])
      return k.define(node.outputs[0], channelsLast: made)
    }
    var factors: [Int] = []
    for axis in 2..<input.count {
      guard let from = input[axis], let to = output[axis], from > 0, to % from == 0 else {
        throw k.refusal("a resizing by something else than a whole number")
      }
      factors.append(to / from)
    }
    // By a whole number every rule takes the same nearest element but rounding up.
    let isNearest =
      mode == "nearest"
      && (coordinates == "asymmetric" && nearest == "floor"
        || coordinates == "half_pixel" && nearest.hasPrefix("round_prefer"))
    guard isNearest, input[0] == output[0], input[1] == output[1] else {
      throw k.refusal("resizing by \(mode), \(coordinates)")
    }
    let x = try k.channelsLast(node.inputs[0])
    let extents = [output[0]] + output[2...] + [output[1]]
    let made: KerasTensor
    switch rank {
    case 1:
      made = k.emit(
        "UpSampling1D", name(node), ["size": .integer(Int64(factors[0]))], [x], extents: extents)
    case 2:
      made = k.emit(
        "UpSampling2D", name(node),
        ["size": .integers(factors), "interpolation": "nearest"], [x], extents: extents)
    default:
      made = k.emit(
        "UpSampling\(try digit(rank, k))", name(node), ["size": .integers(factors)], [x],
        extents: extents)
    }
    k.define(node.outputs[0], channelsLast: made)
  }

  static func pad(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard let given = try k.integersInput(1, of: node) else { return }
    let value = try k.constantInput(2, of: node).map { (t) throws(MRDLError) in try k.floats(t)[0] }
    let extents = try k.knownExtents(of: node.inputs[0])
    let rank = extents.count
    var pads = [(begin: Int, end: Int)](repeating: (0, 0), count: rank)
    let axes = try k.integersInput(3, of: node) ?? Array(0..<rank)
    for (place, given_) in axes.enumerated() {
      pads[try axis(given_, rank: rank, k)] = (given[place], given[axes.count + place])
    }
    let mode = text(node, "mode", default: "constant")
    let isZero = mode == "constant" && (value ?? 0) == 0
    func isEmpty(_ axis: Int) -> Bool { pads[axis].begin == 0 && pads[axis].end == 0 }
    let output = try k.knownExtents(of: node.outputs[0])
    if isZero, (3...5).contains(rank), isEmpty(0), isEmpty(1) {
      let x = try k.channelsLast(node.inputs[0])
      let made = try zeroPadded(x, Array(pads[2...]), name(node), &k)
      return k.define(node.outputs[0], channelsLast: made)
    }
    let x = try k.plain(node.inputs[0])
    if isZero, (3...5).contains(rank), isEmpty(0), isEmpty(rank - 1) {
      return k.define(
        node.outputs[0], try zeroPadded(x, Array(pads[1..<(rank - 1)]), name(node), &k))
    }
    guard let keras = ["constant": "constant", "reflect": "reflect", "edge": "edge"][mode],
      pads.allSatisfy({ $0.begin >= 0 && $0.end >= 0 })
    else { throw k.refusal("padding by \(mode)") }
    let made = try k.emitOperation(
      "Pad", name(node),
      [
        "pad_width": .array(pads.map { .integers([$0.begin, $0.end]) }), "mode": .string(keras),
      ], [.tensor(x)],
      keywords: keras == "constant" ? ["constant_values": .number(Double(value ?? 0))] : [:],
      outputs: [output], type: x.scalarType)[0]
    k.define(node.outputs[0], made)
  }
}

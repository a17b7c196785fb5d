internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// The axes of height and width.
  private static func spatialAxes(_ layer: KerasLayer, rank: Int) -> [Int] {
    isChannelsFirst(layer) ? [rank - 2, rank - 1] : [rank - 3, rank - 2]
  }

  private static func size(_ layer: KerasLayer) throws(MRDLError) -> [Int] {
    let size = [try layer.config.required("height"), try layer.config.required("width")]
    guard size.allSatisfy({ $0 > 0 }) else {
      throw MRDLError(.badKeras, "a picture has no size", found: "\(size)")
    }
    return size
  }

  /// The attributes of Resize for an interpolation of Keras.
  static func interpolation(
    _ mode: String, antialias: Bool, _ k: KerasImporter
  ) throws(MRDLError) -> [String: AttributeValue] {
    var attributes: [String: AttributeValue] = [
      "coordinate_transformation_mode": .string("half_pixel")
    ]
    switch mode {
    case "bilinear": attributes["mode"] = .string("linear")
    case "nearest":
      attributes["mode"] = .string("nearest")
      attributes["nearest_mode"] = .string("round_prefer_ceil")
    case "bicubic":
      // Keys' kernel; weights of places outside go to those inside.
      attributes["mode"] = .string("cubic")
      attributes["cubic_coeff_a"] = .float(-0.5)
      attributes["exclude_outside"] = .integer(1)
    default: throw k.unsupported("\(mode) resizing")
    }
    if antialias, mode != "nearest" {
      attributes["antialias"] = .integer(1)
      attributes["exclude_outside"] = .integer(1)
    }
    return attributes
  }

  private static func resized(
    _ x: KerasValue, to size: [Int], _ attributes: [String: AttributeValue],
    isChannelsFirst: Bool, _ k: inout KerasImporter
  ) -> KerasValue {
    let input = isChannelsFirst ? x : k.channelsFirst(x)
    var all = attributes
    all["axes"] = .integers([2, 3])
    let y = k.emit(
      "Resize", [input.name, "", "", k.integers(size, "sizes")], attributes: all,
      extents: [input.extents[0], input.extents[1]] + size.map { Optional($0) })
    return isChannelsFirst ? y : k.channelsLast(y)
  }

  /// The known height and width of a value.
  private static func knownSize(
    _ x: KerasValue, _ axes: [Int], _ k: KerasImporter
  ) throws(MRDLError) -> [Int] {
    let known = axes.compactMap { x.extents[$0] }
    guard known.count == 2 else { throw k.unsupported("proportions of a picture of unknown size") }
    return known
  }

  private static func cut(
    _ x: KerasValue, from starts: [Int], _ size: [Int], _ axes: [Int], _ k: inout KerasImporter
  ) -> KerasValue {
    var extents = x.extents
    for (axis, extent) in zip(axes, size) { extents[axis] = extent }
    if extents == x.extents { return x }
    return k.emit(
      "Slice",
      [
        x.name, k.integers(starts, "starts"),
        k.integers(zip(starts, size).map { $0 + $1 }, "ends"), k.integers(axes),
      ], extents: extents)
  }

  /// The largest middle part with the proportions of a size.
  private static func croppedToAspect(
    _ x: KerasValue, _ size: [Int], _ axes: [Int], _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let known = try knownSize(x, axes, k)
    let height = max(min(known[0], Int(Double(known[1] * size[0]) / Double(size[1]))), 1)
    let width = max(min(known[1], Int(Double(known[0] * size[1]) / Double(size[0]))), 1)
    return cut(
      x, from: [(known[0] - height) / 2, (known[1] - width) / 2], [height, width], axes, &k)
  }

  static func resizing(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let size = try size(layer)
    guard x[0].rank == 4 else { throw k.unsupported("Resizing of rank \(x[0].rank)") }
    let isFirst = isChannelsFirst(layer)
    let axes = spatialAxes(layer, rank: 4)
    var input = x[0]
    if layer.config.flag("crop_to_aspect_ratio") {
      input = try croppedToAspect(input, size, axes, &k)
    } else if layer.config.flag("pad_to_aspect_ratio") {
      let known = try knownSize(input, axes, k)
      let wanted = [
        max(known[0], Int(Double(known[1] * size[0]) / Double(size[1]))),
        max(known[1], Int(Double(known[0] * size[1]) / Double(size[0]))),
      ]
      // Keras puts as much on both sides, and on one axis alone.
      var pads = [Int](repeating: 0, count: 8)
      for (place, axis) in axes.enumerated() {
        let border = (wanted[place] - known[place]) / 2
        guard border > 0 else { continue }
        pads[axis] = border
        pads[4 + axis] = border
        input.extents[axis] = known[place] + 2 * border
        break
      }
      let fill = k.number(layer.config.number("fill_value", default: 0), "fill_value")
      input = k.emit(
        "Pad", [input.name, k.integers(pads, "pads"), fill], extents: input.extents)
    }
    let attributes = try interpolation(
      layer.config.text("interpolation", default: "bilinear"),
      antialias: layer.config.flag("antialias"), k)
    return [resized(input, to: size, attributes, isChannelsFirst: isFirst, &k)]
  }

  static func centerCrop(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard x[0].rank == 4 else { throw k.unsupported("CenterCrop of rank \(x[0].rank)") }
    let size = try size(layer)
    let axes = spatialAxes(layer, rank: 4)
    let known = try knownSize(x[0], axes, k)
    guard zip(known, size).allSatisfy({ $0 >= $1 }) else {
      // A smaller picture is made larger.
      let part = try croppedToAspect(x[0], size, axes, &k)
      return [
        resized(
          part, to: size, try interpolation("bilinear", antialias: false, k),
          isChannelsFirst: isChannelsFirst(layer), &k)
      ]
    }
    return [cut(x[0], from: zip(known, size).map { ($0 - $1) / 2 }, size, axes, &k)]
  }

  /// Stretches the values of each channel of each picture over the whole range; a channel of one value
  /// stays as it is.
  static func autoContrast(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard x[0].rank == 4, let range = layer.config["value_range"]?.elements?.compactMap(\.number),
      range.count == 2, range[0] < range[1]
    else { throw k.unsupported("AutoContrast of what is no picture") }
    // Keras takes the axes 1 and 2 in both orders.
    let axes = k.integers([1, 2])
    let extents = x[0].extents
    let low = k.emit("ReduceMin", [x[0].name, axes], extents: extents)
    let high = k.emit("ReduceMax", [x[0].name, axes], extents: extents)
    let span = k.emit("Sub", [high.name, low.name], extents: extents)
    let above = k.emit("Sub", [x[0].name, low.name], extents: extents)
    let zero = k.number(0, "zero")
    let isFlat = k.emit("Equal", [span.name, zero], outputCount: 1)[0]
    let divisor = k.emit("Where", [isFlat, k.number(1, "one"), span.name], extents: extents)
    let share = k.emit("Div", [above.name, divisor.name], extents: extents)
    let wide = k.emit(
      "Mul", [share.name, k.number(range[1] - range[0], "range")], extents: extents)
    let y = k.emit("Add", [wide.name, k.number(range[0], "low")], extents: extents)
    return [k.emit("Where", [isFlat, x[0].name, y.name], extents: extents)]
  }
}

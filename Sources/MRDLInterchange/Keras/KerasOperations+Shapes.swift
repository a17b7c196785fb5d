internal import MRDLCore
internal import MRDLModel

extension KerasOperations {
  static func transpose(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let axes = try call.axes("axes", rank: x.rank, k) ?? (0..<x.rank).reversed()
    guard axes.sorted() == Array(0..<x.rank) else {
      throw MRDLError(.badKeras, "the axes of a permutation do not fit", found: "\(axes)")
    }
    var result = k.transpose(x, axes)
    result.scalarType = x.scalarType
    return [result]
  }

  static func reshape(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let target = (call.config["newshape"]?.elements ?? []).map { $0.integer ?? -1 }
    var extents = target.map { $0 < 0 ? nil : Optional($0) }
    // One extent that is left to find is the batch where the others hold all the rest.
    if let open = target.firstIndex(of: -1), open > 0 || x.extents.first != .some(nil) {
      let known = x.extents.reduce(Optional(1)) { product, extent in
        product.flatMap { product in extent.flatMap { product.multipliedChecked(by: $0) } }
      }
      let rest = target.filter { $0 > 0 }.reduce(1, *)
      if let known, rest > 0 { extents[open] = known / rest }
    }
    return [
      k.emit(
        "Reshape", [x.name, k.integers(target, "shape")], attributes: ["allowzero": .integer(1)],
        extents: extents, scalarType: x.scalarType)
    ]
  }

  static func squeeze(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let axes =
      try call.axes("axis", rank: x.rank, k) ?? x.extents.indices.filter { x.extents[$0] == 1 }
    return [
      k.emit(
        "Squeeze", [x.name, k.integers(axes)],
        extents: x.extents.indices.filter { !axes.contains($0) }.map { x.extents[$0] },
        scalarType: x.scalarType)
    ]
  }

  static func expandDims(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let count = call.config["axis"]?.elements?.count ?? 1
    let axes = (try call.axes("axis", rank: x.rank + count, k) ?? [0]).sorted()
    var extents = x.extents
    for axis in axes { extents.insert(1, at: axis) }
    return [
      k.emit(
        "Unsqueeze", [x.name, k.integers(axes)], extents: extents, scalarType: x.scalarType)
    ]
  }

  static func concatenate(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue]
  {
    let values = try call.list(k)
    let axis = try call.axes("axis", rank: values[0].rank, k)?.first ?? 0
    guard values.allSatisfy({ $0.rank == values[0].rank }) else {
      throw MRDLError(.badKeras, "values that are joined have different numbers of axes")
    }
    var extents = values[0].extents
    extents[axis] = values.reduce(Optional(0)) { sum, value in
      sum.flatMap { sum in value.extents[axis].map { sum + $0 } }
    }
    return [
      k.emit(
        "Concat", values.map(\.name), attributes: ["axis": .integer(Int64(axis))],
        extents: extents, scalarType: values[0].scalarType)
    ]
  }

  static func stack(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let values = try call.list(k)
    let axis = try call.axes("axis", rank: values[0].rank + 1, k)?.first ?? 0
    let parts = values.map { value in
      k.emit("Unsqueeze", [value.name, k.integers([axis])], outputCount: 1)[0]
    }
    var extents = values[0].extents
    extents.insert(values.count, at: axis)
    return [
      k.emit(
        "Concat", parts, attributes: ["axis": .integer(Int64(axis))], extents: extents,
        scalarType: values[0].scalarType)
    ]
  }

  static func split(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let axis = try call.axes("axis", rank: x.rank, k)?.first ?? 0
    guard let extent = x.extents[axis] else { throw k.unsupported("parts of unknown size") }
    var sizes: [Int] = []
    if let count = call.config["indices_or_sections"]?.integer, count > 0, count <= max(extent, 1),
      extent % count == 0
    {
      sizes = [Int](repeating: extent / count, count: count)
    } else if let ends = call.config["indices_or_sections"]?.elements?.compactMap(\.integer) {
      for (start, end) in zip([0] + ends, ends + [extent]) { sizes.append(end - start) }
    }
    guard !sizes.isEmpty, sizes.allSatisfy({ $0 >= 0 }) else {
      throw k.unsupported("parts that do not fit")
    }
    let names = k.emit(
      "Split", [x.name, k.integers(sizes, "sizes")], attributes: ["axis": .integer(Int64(axis))],
      outputCount: sizes.count)
    return zip(names, sizes).map { name, size in
      var part = x
      part.name = name
      part.extents[axis] = size
      return part
    }
  }

  static func flip(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let axes = try call.axes("axis", rank: x.rank, k) ?? Array(0..<x.rank)
    return [
      slice(
        x, axes.map { ($0, start: -1, end: Int.min, step: -1) }, extents: x.extents, &k)
    ]
  }

  private static func slice(
    _ x: KerasValue, _ ranges: [(axis: Int, start: Int, end: Int, step: Int)], extents: [Int?],
    _ k: inout KerasImporter
  ) -> KerasValue {
    if ranges.isEmpty { return x }
    return k.emit(
      "Slice",
      [
        x.name, k.integers(ranges.map(\.start), "starts"), k.integers(ranges.map(\.end), "ends"),
        k.integers(ranges.map(\.axis)), k.integers(ranges.map(\.step), "steps"),
      ], extents: extents, scalarType: x.scalarType)
  }

  /// Slices, whole numbers, one ellipsis and new axes, as between the brackets of NumPy.
  static func getItem(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    guard call.operands.count > 1, case .other(let key) = call.operands[1] else {
      throw k.unsupported("an index that is computed")
    }
    var items = key.elements ?? [key]
    let taken = items.count { $0.value != .null && $0["class_name"]?.text != "__ellipsis__" }
    let rest = [KerasObject](
      repeating: KerasObject(.object(["class_name": "__slice__"])), count: max(x.rank - taken, 0))
    if let place = items.firstIndex(where: { $0["class_name"]?.text == "__ellipsis__" }) {
      items.replaceSubrange(place...place, with: rest)
    } else {
      items += rest
    }
    var ranges: [(axis: Int, start: Int, end: Int, step: Int)] = []
    var sliced = x.extents
    var (dropped, added): ([Int], [Int]) = ([], [])
    var (axis, place) = (0, 0)
    for item in items {
      if item.value == .null {
        added.append(place)
        place += 1
        continue
      }
      guard axis < x.rank else { throw MRDLError(.badKeras, "an index has too many axes") }
      if let index = item.integer {
        ranges.append((axis, index, index == -1 ? Int.max : index + 1, 1))
        sliced[axis] = 1
        dropped.append(axis)
      } else if item["class_name"]?.text == "__slice__" {
        let config = item["config"]
        let step = config?["step"]?.integer ?? 1
        guard step != 0 else { throw MRDLError(.badKeras, "a slice has a step of zero") }
        let (start, stop) = (config?["start"]?.integer, config?["stop"]?.integer)
        if step != 1 || start != nil || stop != nil {
          ranges.append(
            (axis, start ?? (step < 0 ? -1 : 0), stop ?? (step < 0 ? Int.min : Int.max), step))
          sliced[axis] = sliced[axis].map { count(start, stop, step, $0) }
        }
        place += 1
      } else {
        throw k.unsupported("an index that is neither number nor slice")
      }
      axis += 1
    }
    var y = slice(x, ranges, extents: sliced, &k)
    if !dropped.isEmpty {
      y = k.emit(
        "Squeeze", [y.name, k.integers(dropped)],
        extents: sliced.indices.filter { !dropped.contains($0) }.map { sliced[$0] },
        scalarType: x.scalarType)
    }
    if !added.isEmpty {
      var extents = y.extents
      for axis in added { extents.insert(1, at: axis) }
      y = k.emit(
        "Unsqueeze", [y.name, k.integers(added)], extents: extents, scalarType: x.scalarType)
    }
    return [y.name == x.name ? k.emit("Identity", [x.name], extents: x.extents) : y]
  }

  /// How many elements a slice of Python has.
  private static func count(_ start: Int?, _ stop: Int?, _ step: Int, _ extent: Int) -> Int {
    func place(_ index: Int?, _ standard: Int) -> Int {
      guard let index else { return standard }
      let counted = index < 0 ? index + extent : index
      return min(max(counted, step < 0 ? -1 : 0), step < 0 ? extent - 1 : extent)
    }
    let from = place(start, step < 0 ? extent - 1 : 0)
    let to = place(stop, step < 0 ? -1 : extent)
    let span = step < 0 ? from - to : to - from
    return span <= 0 ? 0 : (span + abs(step) - 1) / abs(step)
  }

  static func pad(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    var widths = (call.config["pad_width"]?.elements ?? []).map { pair($0.integers) }
    if widths.count == 1 { widths = [(Int, Int)](repeating: widths[0], count: x.rank) }
    let mode = call.config.text("mode", default: "constant")
    guard widths.count == x.rank, ["constant", "reflect", "edge"].contains(mode) else {
      throw k.unsupported("padding by \(mode)")
    }
    let value = call.named["constant_values"]?.number ?? 0
    let pads = k.integers(widths.map(\.0) + widths.map(\.1), "pads")
    return [
      k.emit(
        "Pad", mode == "constant" ? [x.name, pads, k.number(value)] : [x.name, pads],
        attributes: ["mode": .string(mode)],
        extents: zip(x.extents, widths).map { extent, width in
          extent.map { $0 + width.0 + width.1 }
        })
    ]
  }

  private static func pair(_ numbers: [Int]) -> (Int, Int) {
    (numbers.first ?? 0, numbers.last ?? 0)
  }

  static func tile(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    let repeats = (call.config["repeats"]?.elements ?? []).compactMap(\.integer)
    guard repeats.count == x.rank else { throw k.unsupported("repeats for other axes") }
    return [
      k.emit(
        "Tile", [x.name, k.integers(repeats, "repeats")],
        extents: zip(x.extents, repeats).map { extent, count in extent.map { $0 * count } },
        scalarType: x.scalarType)
    ]
  }

  static func take(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue] {
    let x = try call.value(0, &k)
    guard call.operands.count > 1, case .other(let object) = call.operands[1],
      let constant = KerasConstant(object),
      let axis = try call.axes("axis", rank: x.rank, k)?.first
    else { throw k.unsupported("indices that are computed, or no axis") }
    var extents = x.extents
    extents.replaceSubrange(axis...axis, with: constant.extents.map { Optional($0) })
    return [
      k.emit(
        "Gather", [x.name, k.add(constant.indices, "indices")],
        attributes: ["axis": .integer(Int64(axis))], extents: extents, scalarType: x.scalarType)
    ]
  }

  static func broadcastTo(_ call: Call, _ k: inout KerasImporter) throws(MRDLError) -> [KerasValue]
  {
    let x = try call.value(0, &k)
    let shape = (call.config["shape"]?.elements ?? []).map { $0.integer ?? 1 }
    return [
      k.emit(
        "Expand", [x.name, k.integers(shape, "shape")],
        extents: KerasValue.broadcast([
          x, KerasValue(name: "", extents: shape.map { Optional($0) }),
        ]), scalarType: x.scalarType)
    ]
  }
}

internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension KerasMaking {
  static func transpose(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let rank = try k.knownExtents(of: node.inputs[0]).count
    let permutation = integers(node, "perm") ?? (0..<rank).reversed()
    if k.forms(of: node.inputs[0]) == nil { try k.materialize(node.inputs[0]) }
    guard let forms = k.forms(of: node.inputs[0]), permutation.sorted() == Array(0..<rank) else {
      throw k.refusal("a permutation \(permutation)")
    }
    k.define(node.outputs[0], forms: forms.transposed(permutation))
  }

  /// The value in its plain order, or in another one where all axes that order differently have one
  /// element, so that its elements stand in the same order.
  private static func flattenable(
    _ name: String, _ k: inout KerasExporter
  ) throws(MRDLError) -> KerasTensor {
    if let forms = k.forms(of: name) {
      let last = KerasExporter.channelsLast(forms.rank)
      if forms[Array(0..<forms.rank)] == nil, let tensor = forms[last],
        tensor.extents.dropFirst().dropLast().allSatisfy({ $0 == 1 })
      {
        return tensor
      }
    }
    return try k.plain(name)
  }

  static func flatten(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let axis = integer(node, "axis", default: 1)
    let output = try k.knownExtents(of: node.outputs[0])
    let x = try flattenable(node.inputs[0], &k)
    if axis == 1, x.rank > 1 {
      return k.define(
        node.outputs[0], k.emit("Flatten", name(node), [:], [x], extents: output))
    }
    k.define(
      node.outputs[0],
      try k.reshape(
        try k.plain(node.inputs[0]), output, name: name(node), keepsBatch: false))
  }

  static func reshape(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    var output = try k.knownExtents(of: node.outputs[0])
    let x = try flattenable(node.inputs[0], &k)
    let keepsBatch = try keepsBatch(node, k)
    if keepsBatch, !output.isEmpty { output[0] = x.extents.first ?? nil }
    k.define(
      node.outputs[0], try k.reshape(x, output, name: name(node), keepsBatch: keepsBatch))
  }

  /// Whether a Reshape leaves the first axis as it is.
  private static func keepsBatch(_ node: Node, _ k: KerasExporter) throws(MRDLError) -> Bool {
    guard let from = k.facts[node.inputs[0]]?.shape, let to = k.facts[node.outputs[0]]?.shape,
      from.rank > 0, to.rank > 0
    else { return false }
    if let target = try k.integersInput(1, of: node), target.first == 0,
      integer(node, "allowzero", default: 0) == 0
    {
      return true
    }
    if from[0] == to[0], from[0] != .unknown { return true }
    // The same number of elements behind the first axis.
    func rest(_ shape: SymbolicShape) -> Int? {
      shape.dimensions.dropFirst().reduce(Optional(1)) { product, dimension in
        product.flatMap { product in dimension.value.flatMap { product.multipliedChecked(by: $0) } }
      }
    }
    guard let count = rest(from), count > 0 else { return false }
    return rest(to) == count
  }

  static func squeeze(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let input = try k.knownExtents(of: node.inputs[0])
    let axes = try (try k.integersInput(1, of: node) ?? input.indices.filter { input[$0] == 1 })
      .map { (given) throws(MRDLError) in try axis(given, rank: input.count, k) }
    if axes.count == 1, let forms = k.forms(of: node.inputs[0], withoutAxis: axes[0]) {
      return k.define(node.outputs[0], forms: forms)
    }
    let x = try flattenable(node.inputs[0], &k)
    let kept = input.indices.filter { !axes.contains($0) }.map { input[$0] }
    k.define(
      node.outputs[0],
      try k.reshape(x, kept, name: name(node), keepsBatch: !axes.contains(0)))
  }

  static func unsqueeze(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let output = try k.knownExtents(of: node.outputs[0])
    let axes = try k.integersInput(1, of: node) ?? []
    k.define(
      node.outputs[0],
      try k.reshape(
        try k.plain(node.inputs[0]), output, name: name(node),
        keepsBatch: !axes.contains(0) && !axes.contains(-output.count)))
  }

  static func concat(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let output = try k.knownExtents(of: node.outputs[0])
    let rank = output.count
    let axis = try axis(integer(node, "axis", default: 0), rank: rank, k)
    for name in node.inputs where try k.constant(name) != nil {
      throw k.refusal("a constant among values that are joined")
    }
    let identity = Array(0..<rank)
    let last = KerasExporter.channelsLast(rank)
    let isLast = node.inputs.contains { name in
      k.forms(of: name).map { $0[identity] == nil && $0[last] != nil } ?? false
    }
    let order = isLast ? last : identity
    var inputs: [KerasTensor] = []
    for name in node.inputs { inputs.append(try k.value(name, order)) }
    let place = order.firstIndex(of: axis) ?? axis
    let made = k.emit(
      "Concatenate", name(node), ["axis": .integer(Int64(place == rank - 1 ? -1 : place))], inputs,
      isList: true, extents: order.map { output[$0] })
    k.define(node.outputs[0], made, permutation: order)
  }

  static func split(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let x = try k.plain(node.inputs[0])
    let axis = try axis(integer(node, "axis", default: 0), rank: x.rank, k)
    var outputs: [[Int?]] = []
    for name in node.outputs { outputs.append(try k.knownExtents(of: name)) }
    var (ends, end) = ([Int](), 0)
    for extents in outputs {
      guard let extent = extents[axis] else { throw k.refusal("parts of unknown size") }
      end += extent
      ends.append(end)
    }
    let made = try k.emitOperation(
      "Split", name(node),
      ["indices_or_sections": .integers(ends.dropLast()), "axis": .integer(Int64(axis))],
      [.tensor(x)], outputs: outputs, type: x.scalarType)
    for (name, tensor) in zip(node.outputs, made) { k.define(name, tensor) }
  }

  static func slice(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard let starts = try k.integersInput(1, of: node), let ends = try k.integersInput(2, of: node)
    else { return }
    let input = try k.knownExtents(of: node.inputs[0])
    let output = try k.knownExtents(of: node.outputs[0])
    let rank = input.count
    let axes = try (try k.integersInput(3, of: node) ?? Array(0..<starts.count))
      .map { (given) throws(MRDLError) in try axis(given, rank: rank, k) }
    let steps = try k.integersInput(4, of: node) ?? [Int](repeating: 1, count: starts.count)
    let spatial = (3...5).contains(rank) ? Array(1..<(rank - 1)) : []
    let identity = Array(0..<rank)
    let last = KerasExporter.channelsLast(rank)
    let isLast = k.forms(of: node.inputs[0]).map { $0[identity] == nil && $0[last] != nil } ?? false
    let order = isLast ? last : identity
    let x = try k.value(node.inputs[0], order)
    let places = axes.map { order.firstIndex(of: $0) ?? $0 }
    let extents = order.map { output[$0] }
    if steps.allSatisfy({ $0 == 1 }), places.allSatisfy({ spatial.contains($0) }),
      places.allSatisfy({ x.extents[$0] != nil })
    {
      var cropping = spatial.map { _ in (0, 0) }
      for (index, place) in places.enumerated() {
        let extent = x.extents[place] ?? 0
        let start = min(max(starts[index] < 0 ? starts[index] + extent : starts[index], 0), extent)
        let end = min(max(ends[index] < 0 ? ends[index] + extent : ends[index], 0), extent)
        cropping[place - 1] = (start, extent - max(end, start))
      }
      let value: JSONValue =
        cropping.count == 1
        ? .integers([cropping[0].0, cropping[0].1])
        : .array(cropping.map { .integers([$0.0, $0.1]) })
      let made = k.emit(
        "Cropping\(cropping.count)D", name(node), ["cropping": value], [x], extents: extents)
      return k.define(node.outputs[0], made, permutation: order)
    }
    var key = [JSONValue](repeating: range(nil, nil, nil), count: rank)
    for (index, place) in places.enumerated() {
      let isBackwards = steps[index] < 0
      let isOpen = isBackwards ? ends[index] < -(1 << 31) : ends[index] >= 1 << 31
      key[place] = range(starts[index], isOpen ? nil : ends[index], steps[index])
    }
    let made = try k.emitOperation(
      "GetItem", name(node), [:],
      [
        .tensor(x),
        .json(.array(key)),
      ], outputs: [extents], type: x.scalarType)[0]
    k.define(node.outputs[0], made, permutation: order)
  }

  private static func range(_ start: Int?, _ stop: Int?, _ step: Int?) -> JSONValue {
    func json(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
    return .object([
      "class_name": "__slice__",
      "config": .object(["start": json(start), "stop": json(stop), "step": json(step)]),
    ])
  }

  static func tile(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard let repeats = try k.integersInput(1, of: node) else { return }
    let output = try k.knownExtents(of: node.outputs[0])
    let x = try k.plain(node.inputs[0])
    if x.rank == 3, repeats[0] == 1, repeats[2] == 1, x.extents[1] == 1, x.extents[2] != nil {
      let row = try k.reshape(x, [x.extents[0], x.extents[2]])
      return k.define(
        node.outputs[0],
        k.emit(
          "RepeatVector", name(node), ["n": .integer(Int64(repeats[1]))], [row], extents: output))
    }
    let made = try k.emitOperation(
      "Tile", name(node), ["repeats": .integers(repeats)], [.tensor(x)], outputs: [output],
      type: x.scalarType)[0]
    k.define(node.outputs[0], made)
  }

  static func gather(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let output = try k.knownExtents(of: node.outputs[0])
    if let table = try k.constant(node.inputs[0]), table.shape.rank == 2,
      integer(node, "axis", default: 0) == 0
    {
      let x = try k.plain(node.inputs[1])
      let made = k.emit(
        "Embedding", name(node),
        [
          "input_dim": .integer(Int64(table.shape[0])),
          "output_dim": .integer(Int64(table.shape[1])),
        ], [x],
        weights: [
          KerasLayerRecord.Weight(
            part: nil, name: "embeddings", tensor: try table.cast(to: .float32))
        ], extents: output)
      return k.define(
        node.outputs[0],
        KerasTensor(
          layer: made.layer, output: 0, extents: made.extents, scalarType: table.scalarType))
    }
    let x = try k.plain(node.inputs[0])
    guard let indices = try k.constant(node.inputs[1]) else {
      throw k.refusal("Gather by indices that are computed")
    }
    let made = try k.emitOperation(
      "Take", name(node), ["axis": .integer(Int64(integer(node, "axis", default: 0)))],
      [.tensor(x), .constant(indices)], outputs: [output], type: x.scalarType)[0]
    k.define(node.outputs[0], made)
  }

  /// The root of a sum of squares.
  static func norm(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let input = try k.knownExtents(of: node.inputs[0])
    let x = try k.plain(node.inputs[0])
    let given = try k.integersInput(1, of: node) ?? Array(0..<input.count)
    let axes = try given.map { (given) throws(MRDLError) in try axis(given, rank: input.count, k) }
    let output = try k.knownExtents(of: node.outputs[0])
    let square = try k.emitOperation(
      "Square", name(node) + "_square", [:], [.tensor(x)], outputs: [x.extents],
      type: x.scalarType)[0]
    let sum = try k.emitOperation(
      "Sum", name(node) + "_sum",
      [
        "axis": .integers(axes), "keepdims": .bool(integer(node, "keepdims", default: 1) == 1),
      ], [.tensor(square)], outputs: [output], type: x.scalarType)[0]
    k.define(
      node.outputs[0],
      try k.emitOperation(
        "Sqrt", name(node), [:], [.tensor(sum)], outputs: [output], type: x.scalarType)[0])
  }

  static func einsum(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    var operands: [KerasExporter.Operand] = []
    for name in node.inputs {
      if let constant = try k.constant(name) {
        operands.append(.constant(constant))
      } else {
        operands.append(.tensor(try k.plain(name)))
      }
    }
    k.define(
      node.outputs[0],
      try k.emitOperation(
        "Einsum", name(node), ["subscripts": .string(text(node, "equation", default: ""))],
        operands, outputs: [try k.knownExtents(of: node.outputs[0])],
        type: k.facts[node.outputs[0]]?.scalarType ?? .float32)[0])
  }

  /// A mean or maximum over all spatial axes is a layer; any other reduction an operation.
  static func reduce(
    _ className: String, _ node: Node, _ k: inout KerasExporter
  ) throws(MRDLError) {
    let input = try k.knownExtents(of: node.inputs[0])
    let output = try k.knownExtents(of: node.outputs[0])
    let rank = input.count
    let given = try k.integersInput(1, of: node) ?? []
    if given.isEmpty, integer(node, "noop_with_empty_axes", default: 0) == 1 {
      return try alias(node, &k)
    }
    let axes = try (given.isEmpty ? Array(0..<rank) : given)
      .map { (given) throws(MRDLError) in try axis(given, rank: rank, k) }.sorted()
    let keeps = integer(node, "keepdims", default: 1) == 1
    let layer = ["Mean": "GlobalAveragePooling", "Max": "GlobalMaxPooling"][className]
    if let layer, (3...5).contains(rank) {
      let isFirst = axes == Array(2..<rank)
      if isFirst || axes == Array(1..<(rank - 1)) {
        let x = isFirst ? try k.channelsLast(node.inputs[0]) : try k.plain(node.inputs[0])
        let order = isFirst && keeps ? KerasExporter.channelsLast(rank) : Array(0..<output.count)
        let made = k.emit(
          "\(layer)\(rank - 2)D", name(node), ["keepdims": .bool(keeps)], [x],
          extents: order.map { output[$0] })
        return k.define(node.outputs[0], made, permutation: order)
      }
    }
    let x = try k.plain(node.inputs[0])
    let made = try k.emitOperation(
      className, name(node), ["axis": .integers(axes), "keepdims": .bool(keeps)], [.tensor(x)],
      outputs: [output], type: x.scalarType)[0]
    k.define(node.outputs[0], made)
  }
}

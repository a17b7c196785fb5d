internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// MultiHeadAttention and GroupedQueryAttention (Vaswani et al. 2017, Ainslie et al. 2023).
  static func multiHeadAttention(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard (2...3).contains(x.count), x.allSatisfy({ $0.rank == x[0].rank }), x[0].rank > 2 else {
      throw k.unsupported("attention of other than two or three values with steps")
    }
    let given = [x[0], x[1], x.count == 3 ? x[2] : x[1]]
    let masks = try attentionMasks(layer, x, &k)
    let rank = x[0].rank
    let axes = (layer.config["attention_axes"]?.integers ?? Array(1..<(rank - 1))).map {
      $0 < 0 ? $0 + rank : $0
    }
    guard axes.allSatisfy({ (1..<(rank - 1)).contains($0) }), Set(axes).count == axes.count else {
      throw MRDLError(.badKeras, "the axes of an attention do not fit", found: "\(axes)")
    }
    if rank == 3 {
      let (y, scores) = try attend(layer, given, masks, &k)
      var output = y
      output.mask = x[0].mask
      return layer.named.flag("return_attention_scores") ? [output, scores] : [output]
    }
    guard masks == nil, !layer.named.flag("use_causal_mask"),
      !layer.named.flag("return_attention_scores"), layer.config["sliding_window"] == nil
    else { throw k.unsupported("masks or scores of attention along several axes") }
    // The other axes become samples, those of the attention steps.
    let others = (0..<(rank - 1)).filter { !axes.contains($0) }
    let order = others + axes + [rank - 1]
    let flat = try given.map { (value) throws(MRDLError) in
      let moved = k.transpose(value, order)
      let steps = try product(moved.extents[others.count..<(rank - 1)], k)
      return k.emit(
        "Reshape",
        [
          moved.name,
          k.integers([-1, steps, try product(moved.extents[(rank - 1)...], k)], "shape"),
        ],
        extents: [nil, steps, moved.extents[rank - 1]])
    }
    let (y, _) = try attend(layer, flat, nil, &k)
    let query = order.map { x[0].extents[$0] }
    let tail = try query.dropFirst().dropLast().map { (extent) throws(MRDLError) in
      try product([extent], k)
    }
    let width = try product([y.extents[2]], k)
    let whole = k.emit(
      "Reshape", [y.name, k.integers([-1] + tail + [width], "shape")],
      extents: [x[0].extents[0]] + tail.map { Optional($0) } + [width])
    return [k.transpose(whole, order.indices.map { place in order.firstIndex(of: place) ?? place })]
  }

  private static func product(
    _ extents: some Sequence<Int?>, _ k: KerasImporter
  ) throws(MRDLError) -> Int {
    var result: Int? = 1
    for extent in extents {
      result = result.flatMap { known in extent.flatMap { known.multipliedChecked(by: $0) } }
    }
    guard let result else { throw k.unsupported("attention along axes of unknown extent") }
    return result
  }

  /// Truth values [N, T, S] that all masks of a call make together, without the causal one.
  private static func attentionMasks(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> String? {
    var all: String?
    func add(_ key: String, _ value: KerasValue?, axis: Int) throws(MRDLError) {
      let named = layer.namedValues[key]?.first ?? nil
      guard let mask = named.map({ k.mask($0) }) ?? value?.mask else { return }
      guard mask.rank == 2 else { throw k.unsupported("a mask with \(mask.rank) axes") }
      all = k.both(all, k.unsqueezed(mask.name, [axis]))
    }
    try add("query_mask", x[0], axis: 2)
    try add("value_mask", x[1], axis: 1)
    try add("key_mask", x.count == 3 ? x[2] : nil, axis: 1)
    if let mask = layer.namedValues["attention_mask"]?.first ?? nil {
      guard mask.rank == 2 || mask.rank == 3 else {
        throw k.unsupported("attention_mask with \(mask.rank) axes")
      }
      all = k.both(all, k.mask(mask).name)
    }
    return all
  }

  /// Attention of query, value and key [N, steps, size].
  ///
  /// - Parameter masks: truth values [N, T, S], without the causal mask.
  /// - Returns: the output, and the weights of the values [N, heads, T, S].
  private static func attend(
    _ layer: KerasLayer, _ given: [KerasValue], _ masks: String?, _ k: inout KerasImporter
  ) throws(MRDLError) -> (y: KerasValue, scores: KerasValue) {
    let (query, value, key) = (given[0], given[1], given[2])
    let projections = try KerasHeadProjections(layer, k)
    let heads = projections.query[0].shape[1]
    let size = projections.query[0].shape[2]
    let q = try project(query, projections.query, "query", groups: 1, &k)
    let scaled = k.emit(
      "Mul", [q.name, k.number(1 / Double(size).squareRoot(), "scale")], extents: q.extents)
    let groups = max(heads / max(projections.key[0].shape[1], 1), 1)
    let keys = try project(key, projections.key, "key", groups: groups, &k)
    let values = try project(value, projections.value, "value", groups: groups, &k)
    var scores = k.emit(
      "MatMul", [scaled.name, k.transpose(keys, [0, 1, 3, 2]).name],
      extents: [query.extents[0], heads, query.extents[1], key.extents[1]])

    var counts = masks.map { k.unsqueezed($0, [1]) }
    if layer.named.flag("use_causal_mask") {
      counts = k.both(counts, k.band(like: scores.name, before: nil, behind: 0))
    }
    if let window = layer.config["sliding_window"]?.integer {
      counts = k.both(counts, k.band(like: scores.name, before: window - 1, behind: window - 1))
    }
    let returnsScores = layer.named.flag("return_attention_scores")
    // Rows in which nothing counts: with one path of Keras 3 all count alike, with the other nothing.
    let zeroesEmptyRows =
      k.majorVersion >= 3 && (returnsScores || layer.config.number("dropout", default: 0) > 0)
    if let counts {
      let low =
        zeroesEmptyRows || k.majorVersion < 3 ? -1e9 : -Double(Float.greatestFiniteMagnitude) * 0.7
      scores = k.emit(
        "Where", [counts, scores.name, k.number(low, "low")], extents: scores.extents)
    }
    var weights = k.emit(
      "Softmax", [scores.name], attributes: ["axis": .integer(-1)], extents: scores.extents)
    if let counts, zeroesEmptyRows {
      weights = k.emit(
        "Where", [counts, weights.name, k.number(0, "zero")], extents: weights.extents)
    }
    let valueSize = projections.value[0].shape[2]
    let mixed = k.emit(
      "MatMul", [weights.name, values.name],
      extents: [query.extents[0], heads, query.extents[1], valueSize])
    var joined = k.emit(
      "Reshape",
      [
        k.transpose(mixed, [0, 2, 1, 3]).name,
        k.integers([0, -1, heads * valueSize], "shape"),
      ], extents: [query.extents[0], query.extents[1], heads * valueSize])
    if let gate = projections.gate {
      let open = k.emit(
        "Sigmoid", [try linear(query, gate, "gate", &k).name], extents: joined.extents)
      joined = k.emit("Mul", [joined.name, open.name], extents: joined.extents)
    }
    return (try output(joined, projections.output, query, &k), weights)
  }

  /// The heads side by side to the output, which may have several axes.
  private static func output(
    _ joined: KerasValue, _ weights: [Tensor], _ query: KerasValue, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let kernel = weights[0].shape.dimensions
    let tail = Array(kernel.dropFirst(2))
    guard !tail.isEmpty, kernel[0] * kernel[1] == joined.extents[2] else {
      throw MRDLError(.badKeras, "the weights of a layer do not fit", found: "\(kernel)")
    }
    let width = tail.reduce(1, *)
    var y = k.emit(
      "MatMul",
      [
        joined.name,
        k.add(try k.reshaped(weights[0], [kernel[0] * kernel[1], width]), "output_kernel"),
      ], extents: [query.extents[0], query.extents[1], width])
    if weights.count > 1 {
      y = k.emit(
        "Add", [y.name, k.add(try k.reshaped(weights[1], [width]), "output_bias")],
        extents: y.extents)
    }
    if tail.count == 1 { return y }
    return k.emit(
      "Reshape", [y.name, k.integers([0, -1] + tail, "shape")],
      extents: [query.extents[0], query.extents[1]] + tail.map { Optional($0) })
  }

  /// Steps [N, T, C] times a kernel [C, heads, size], the heads side by side.
  private static func linear(
    _ x: KerasValue, _ weights: [Tensor], _ name: String, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let shape = weights[0].shape.dimensions
    guard shape.count == 3 else {
      throw MRDLError(
        .badKeras, "the weights of a layer do not fit", found: "\(shape)", expected: "3 axes")
    }
    let width = shape[1] * shape[2]
    var y = k.emit(
      "MatMul", [x.name, k.add(try k.reshaped(weights[0], [shape[0], width]), "\(name)_kernel")],
      extents: [x.extents[0], x.extents[1], width])
    if weights.count > 1 {
      y = k.emit(
        "Add", [y.name, k.add(try k.reshaped(weights[1], [width]), "\(name)_bias")],
        extents: y.extents)
    }
    return y
  }

  /// Steps [N, T, C] as [N, heads · groups, T, size]: each head stands for as many as the groups.
  private static func project(
    _ x: KerasValue, _ weights: [Tensor], _ name: String, groups: Int, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let (heads, size) = (weights[0].shape[1], weights[0].shape[2])
    let y = try linear(x, weights, name, &k)
    let split = k.emit(
      "Reshape", [y.name, k.integers([0, -1, heads, size], "shape")],
      extents: [x.extents[0], x.extents[1], heads, size])
    let moved = k.transpose(split, [0, 2, 1, 3])
    if groups == 1 { return moved }
    return k.emit(
      "Gather",
      [moved.name, k.integers((0..<(heads * groups)).map { $0 / groups }, "heads")],
      attributes: ["axis": .integer(1)],
      extents: [x.extents[0], heads * groups, x.extents[1], size]
    )
  }
}

/// The kernels, and maybe the biases, of an attention with heads.
private struct KerasHeadProjections {
  let query: [Tensor]
  let key: [Tensor]
  let value: [Tensor]
  let gate: [Tensor]?
  let output: [Tensor]

  init(_ layer: KerasLayer, _ k: KerasImporter) throws(MRDLError) {
    let count = layer.config.flag("use_bias", default: true) ? 2 : 1
    var names = ["query", "key", "value", "output"]
    // Files that list all weights have the gate before the value.
    if layer.config.flag("use_gate") { names.insert("gate", at: 2) }
    var weights: [String: [Tensor]] = [:]
    for (index, name) in names.enumerated() {
      weights[name] = try k.weights(
        layer, count: count...count, part: ["\(name)_dense"],
        share: .range(from: index * count, count: count))
    }
    query = weights["query"] ?? []
    key = weights["key"] ?? []
    value = weights["value"] ?? []
    gate = weights["gate"]
    output = weights["output"] ?? []
    for kernel in [query, key, value, gate ?? query].compactMap(\.first) {
      guard kernel.shape.rank == 3 else {
        throw MRDLError(
          .badKeras, "the weights of a layer do not fit", found: "\(kernel.shape)",
          expected: "[size, heads, size of a head]")
      }
    }
    guard output[0].shape.rank > 2, value[0].shape[1] == key[0].shape[1],
      key[0].shape[1] > 0, query[0].shape[1] % key[0].shape[1] == 0
    else { throw MRDLError(.badKeras, "the heads of a layer do not fit each other") }
  }
}

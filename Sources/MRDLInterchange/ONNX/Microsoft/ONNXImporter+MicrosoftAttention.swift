internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

// Attention as onnxruntime says it: what is masked is not hidden but lowered by `mask_filter_value`, heads stand
// side by side, and states may come with the projections.

extension ONNXImporter {
  /// What one node tells of attention.
  struct AttentionParts {
    var query = ""
    var key = ""
    var value = ""
    /// Numbers that are added to the products.
    var bias = ""
    var pastKey = ""
    var pastValue = ""
    /// How many steps count, of each element of the batch.
    var stepCounts = ""
    var headCount: Int64 = 0
    var keyHeadCount: Int64 = 0
    var attributes: [String: AttributeValue] = [:]
  }

  private mutating func emitCore(_ parts: AttentionParts, to outputs: [String]) {
    var attributes = parts.attributes
    attributes["q_num_heads"] = .integer(parts.headCount)
    attributes["kv_num_heads"] = .integer(parts.keyHeadCount)
    var outputs = outputs
    while outputs.last?.isEmpty == true { outputs.removeLast() }
    emit(
      "Attention",
      [
        parts.query, parts.key, parts.value, parts.bias, parts.pastKey, parts.pastValue,
        parts.stepCounts,
      ], attributes, to: outputs)
  }

  /// The attributes that both forms share.
  private func commonAttributes(_ node: Node) -> [String: AttributeValue] {
    var attributes = node.attributes("scale")
    // An explicit 0 means the default.
    if case .float(0)? = attributes["scale"] { attributes["scale"] = nil }
    if node.integer("unidirectional", default: 0) == 1 { attributes["is_causal"] = .integer(1) }
    return attributes
  }

  private func headCount(_ node: Node) throws(MRDLError) -> Int64 {
    let count = node.integer("num_heads", default: 0)
    guard count > 0, count < 1 << 20 else { throw unknownUse(node, "num_heads \(count)") }
    return count
  }

  // MARK: Masks

  /// Numbers to add for a mask of steps, broadcast to [N, heads, steps of Q, all steps of K]; empty without one.
  ///
  /// - Parameters:
  ///   - total: how many steps of K there are, as a tensor of one element.
  ///   - batch: how many elements the batch has.
  private mutating func maskBias(
    _ mask: String, _ node: Node, like: String, batch: Dimension?, total: String
  ) throws(MRDLError) -> String {
    guard !mask.isEmpty else { return "" }
    guard let shape = facts[mask]?.shape else {
      throw unknownUse(node, "a mask whose number of axes is not known")
    }
    let kept: String
    switch shape.rank {
    case 1:
      // Where each text ends; behind them maybe where each begins.
      let positions = range(to: total)
      let mask64 = cast(mask, to: .int64)
      if let batch = batch?.value, let count = shape[0].value, count == 2 * batch {
        let halves = emit("Split", [mask64], ["num_outputs": .integer(2)], outputCount: 2)
        let before = emit("Less", [positions, unsqueeze(halves[0], [1])])
        let after = emit("GreaterOrEqual", [positions, unsqueeze(halves[1], [1])])
        kept = unsqueeze(emit("And", [before, after]), [1, 2])
      } else if let batch = batch?.value, let count = shape[0].value, count != batch {
        throw unknownUse(node, "a mask of \(count) numbers for a batch of \(batch)")
      } else {
        kept = unsqueeze(emit("Less", [positions, unsqueeze(mask64, [1])]), [1, 2])
      }
    case 2: kept = unsqueeze(mask, [1, 2])
    case 3: kept = unsqueeze(mask, [1])
    default: throw unknownUse(node, "a mask of \(shape.rank) axes")
    }
    let numbers = emit("CastLike", [kept, like])
    let lowered = number(node.float("mask_filter_value", default: -10_000), like: like)
    return emit("Mul", [emit("Sub", [number(1, like: like), numbers]), lowered])
  }

  /// The sum of two biases, either of which may be missing.
  private mutating func sum(_ left: String, _ right: String) -> String {
    left.isEmpty ? right : right.isEmpty ? left : emit("Add", [left, right])
  }

  /// All steps of K: those of the past and those of a value, which stand on an axis.
  private mutating func totalSteps(_ value: String, axis: Int64, past: String) -> String {
    let own = extent(value, axis: axis)
    return past.isEmpty ? own : emit("Add", [own, extent(past, axis: 2)])
  }

  // MARK: One projection for all

  mutating func emitAttention(_ node: Node) throws(MRDLError) {
    try checkUnused(node, ["do_rotary", "past_present_share_buffer"])
    var projected = emit("MatMul", [node.input(0), node.input(1)])
    if !node.input(2).isEmpty { projected = emit("Add", [projected, node.input(2)]) }
    try emitProjected(
      node, projected, mask: node.input(3), past: node.input(4), bias: node.input(5))
  }

  mutating func emitQuantizedAttention(_ node: Node) throws(MRDLError) {
    try checkUnused(node, ["do_rotary", "past_present_share_buffer"])
    let whole = emit(
      "MatMulInteger", [node.input(0), node.input(1), node.input(6), node.input(7)])
    let scale = emit("Mul", [node.input(3), node.input(4)])
    let product = emit("Mul", [cast(whole, to: .float32), scale])
    try emitProjected(
      node, emit("Add", [product, node.input(2)]), mask: node.input(5), past: node.input(8),
      bias: "")
  }

  /// - Parameter projected: Q, K and V side by side.
  private mutating func emitProjected(
    _ node: Node, _ projected: String, mask: String, past: String, bias: String
  ) throws(MRDLError) {
    var split: [String: AttributeValue] = ["axis": .integer(-1)]
    var inputs = [projected]
    if let sizes = node.integers("qkv_hidden_sizes"), sizes.count == 3 {
      inputs.append(integers(sizes))
    } else {
      split["num_outputs"] = .integer(3)
    }
    let qkv = emit("Split", inputs, split, outputCount: 3)
    var parts = AttentionParts()
    (parts.query, parts.key, parts.value) = (qkv[0], qkv[1], qkv[2])
    parts.headCount = try headCount(node)
    parts.keyHeadCount = parts.headCount
    parts.attributes = commonAttributes(node)
    if !past.isEmpty {
      let index = { (importer: inout ONNXImporter, value: Int64) -> String in
        importer.emit(
          "Gather", [past, importer.addConstant(Tensor(scalar: value), "index")],
          ["axis": .integer(0)])
      }
      (parts.pastKey, parts.pastValue) = (index(&self, 0), index(&self, 1))
    }
    let total = totalSteps(projected, axis: 1, past: parts.pastKey)
    let lowered = try maskBias(
      mask, node, like: projected, batch: facts[projected]?.shape?[0], total: total)
    parts.bias = sum(lowered, bias)
    guard !node.output(1).isEmpty else { return emitCore(parts, to: [node.output(0)]) }
    let states = [newName(node.output(1) + ".key"), newName(node.output(1) + ".value")]
    emitCore(parts, to: [node.output(0)] + states)
    let stacked = states.map { unsqueeze($0, [0]) }
    emit("Concat", stacked, ["axis": .integer(0)], to: [node.output(1)])
  }

  // MARK: Many heads

  mutating func emitMultiHeadAttention(_ node: Node) throws(MRDLError) {
    guard node.input(8).isEmpty, node.input(9).isEmpty, node.output(3).isEmpty else {
      throw unknownUse(node, "shared buffers, cache indirection or the products as an output")
    }
    var parts = AttentionParts()
    parts.headCount = try headCount(node)
    parts.keyHeadCount = parts.headCount
    parts.attributes = commonAttributes(node)
    (parts.query, parts.key, parts.value) = (node.input(0), node.input(1), node.input(2))
    (parts.pastKey, parts.pastValue) = (node.input(6), node.input(7))
    guard let rank = facts[parts.query]?.rank else {
      throw unknownUse(node, "a query whose number of axes is not known")
    }
    if rank == 5 {
      // Q, K and V packed: [N, steps, heads, 3, size].
      let packed = unpacked(parts.query, 3)
      (parts.query, parts.key, parts.value) = (packed[0], packed[1], packed[2])
    } else if facts[parts.key]?.rank == 5 {
      let packed = unpacked(parts.key, 2)
      (parts.key, parts.value) = (packed[0], packed[1])
    }
    guard !parts.key.isEmpty, !parts.value.isEmpty else {
      throw unknownUse(node, "no key or no value")
    }
    let areHeadsApart = facts[parts.key]?.rank == 4
    if !node.input(3).isEmpty {
      let biases = try projectionBiases(node, parts)
      parts.query = emit("Add", [parts.query, biases[0]])
      if !areHeadsApart {
        parts.key = emit("Add", [parts.key, biases[1]])
        parts.value = emit("Add", [parts.value, biases[2]])
      }
    }
    let total = totalSteps(parts.key, axis: areHeadsApart ? 2 : 1, past: parts.pastKey)
    let lowered = try maskBias(
      node.input(4), node, like: parts.query, batch: facts[parts.query]?.shape?[0],
      total: total)
    parts.bias = sum(lowered, node.input(5))
    var outputs = [node.output(0), node.output(1), node.output(2)]
    guard areHeadsApart else { return emitCore(parts, to: outputs) }
    // K and V with their heads apart need the same of Q.
    parts.query = transpose(reshape(parts.query, [0, 0, parts.headCount, -1]), [0, 2, 1, 3])
    outputs[0] = newName(node.output(0) + ".heads")
    emitCore(parts, to: outputs)
    let steps = transpose(outputs[0], [0, 2, 1, 3])
    emit("Reshape", [steps, integers([0, 0, -1])], to: [node.output(0)])
  }

  /// What is packed along axis 3 of [N, steps, heads, count, size], each as [N, steps, heads · size].
  private mutating func unpacked(_ value: String, _ count: Int) -> [String] {
    let parts = emit(
      "Split", [value], ["axis": .integer(3), "num_outputs": .integer(Int64(count))],
      outputCount: count)
    return parts.map { reshape($0, [0, 0, -1]) }
  }

  private mutating func projectionBiases(
    _ node: Node, _ parts: AttentionParts
  ) throws(MRDLError) -> [String] {
    let all = facts[node.input(3)]?.shape?[0].value
    let query = facts[parts.query]?.shape?.dimensions.last?.value
    if let all, let query, all != 3 * query, all > 2 * query {
      let (q, v) = (Int64(query), Int64(all - 2 * query))
      return emit(
        "Split", [node.input(3), integers([q, q, v])], ["axis": .integer(0)], outputCount: 3)
    }
    return emit(
      "Split", [node.input(3)], ["axis": .integer(0), "num_outputs": .integer(3)],
      outputCount: 3)
  }

  // MARK: Rotary positions

  mutating func emitRotaryEmbedding(_ node: Node) throws(MRDLError) {
    try checkUnused(node, ["is_packed_batching"])
    guard node.float("scale", default: 1) == 1 else { throw unknownUse(node, "scale") }
    let x = node.input(0)
    guard let shape = facts[x]?.shape, let positionRank = facts[node.input(1)]?.rank else {
      throw unknownUse(node, "inputs whose numbers of axes are not known")
    }
    var positions = node.input(1)
    if positionRank == 1 {
      // Where the first step stands, for all of the batch.
      let steps = range(to: extent(x, axis: shape.rank == 4 ? 2 : 1))
      let row = unsqueeze(emit("Add", [steps, cast(positions, to: .int64)]), [0])
      let sizes = emit("Concat", [extent(x, axis: 0), integers([1])], ["axis": .integer(0)])
      positions = emit("Expand", [row, sizes])
    }
    var attributes = node.attributes("interleaved", "rotary_embedding_dim", "num_heads")
    if shape.rank == 3, node.integer("num_heads", default: 0) == 0 {
      let half = facts[node.input(2)]?.shape?.dimensions.last?.value
      guard let half, let hidden = shape[2].value, half > 0, hidden % (2 * half) == 0 else {
        throw unknownUse(node, "a number of heads that is not known")
      }
      attributes["num_heads"] = .integer(Int64(hidden / (2 * half)))
    }
    emit(
      "RotaryEmbedding", [x, node.input(2), node.input(3), positions], attributes,
      to: node.outputs)
  }

  // MARK: Groups of heads

  mutating func emitGroupQueryAttention(_ node: Node) throws(MRDLError) {
    try checkUnused(
      node, ["smooth_softmax", "qk_output", "kv_cache_bit_width", "sliding_window_cache"])
    for (index, name) in [
      (11, "head_sink"), (12, "k_scale"), (13, "v_scale"), (16, "query_seqlens"),
    ] where !node.input(index).isEmpty { throw unknownUse(node, name) }
    guard node.output(3).isEmpty else { throw unknownUse(node, "the products as an output") }
    var parts = AttentionParts()
    parts.headCount = try headCount(node)
    parts.keyHeadCount = node.integer("kv_num_heads", default: 0)
    guard parts.keyHeadCount > 0 else { throw unknownUse(node, "kv_num_heads") }
    parts.attributes = commonAttributes(node)
    if node.integer("causal", default: 1) == 1 { parts.attributes["is_causal"] = .integer(1) }
    if let softcap = node.attributes["softcap"] { parts.attributes["softcap"] = softcap }
    let window = node.integer("local_window_size", default: -1)
    if window > 0 { parts.attributes["left_window_size"] = .integer(window - 1) }
    try project(node, &parts)

    // The steps of Q begin where those of the past end.
    let steps = extent(parts.query, axis: 1)
    let ends = emit(
      "Add", [cast(node.input(5), to: .int64), integers([1])])
    let starts = emit("Max", [emit("Sub", [ends, steps]), integers([0])])
    if node.integer("do_rotary", default: 0) == 1 {
      var positions = node.input(9)
      if positions.isEmpty {
        positions = emit("Add", [unsqueeze(starts, [1]), range(to: steps)])
      }
      let options: [String: AttributeValue] = [
        "interleaved": .integer(node.integer("rotary_interleaved", default: 0))
      ]
      func rotated(_ value: String, _ heads: Int64) -> String {
        emit(
          "RotaryEmbedding", [value, node.input(7), node.input(8), positions],
          options.merging(["num_heads": .integer(heads)]) { $1 })
      }
      parts.query = rotated(parts.query, parts.headCount)
      parts.key = rotated(parts.key, parts.keyHeadCount)
    }
    parts.query = headsApart(parts.query, parts.headCount)
    parts.key = headsApart(parts.key, parts.keyHeadCount)
    parts.value = headsApart(parts.value, parts.keyHeadCount)
    if !node.input(3).isEmpty {
      // New steps go to their own places, which may lie before the end of the buffer of the past.
      let total = reshape(cast(node.input(6), to: .int64), [1])
      let length = emit("Max", [extent(node.input(3), axis: 2), total])
      func appended(_ past: String, _ new: String) -> String {
        let longest = emit("Concat", [past, new], ["axis": .integer(2)])
        let scattered = emit("TensorScatter", [longest, new, starts], ["axis": .integer(2)])
        return emit("Slice", [scattered, integers([0]), length, integers([2])])
      }
      parts.key = appended(node.input(3), parts.key)
      parts.value = appended(node.input(4), parts.value)
      parts.stepCounts = emit("Add", [starts, steps])
    }
    parts.bias = node.input(10)
    for (index, state) in [(1, parts.key), (2, parts.value)] where !node.output(index).isEmpty {
      emit("Identity", [state], to: [node.output(index)])
    }
    let heads = newName(node.output(0) + ".heads")
    emitCore(parts, to: [heads])
    let rows = transpose(heads, [0, 2, 1, 3])
    emit("Reshape", [rows, integers([0, 0, -1])], to: [node.output(0)])
  }

  /// Q, K and V, normalised head by head where the node says so.
  private mutating func project(
    _ node: Node, _ parts: inout AttentionParts
  ) throws(MRDLError) {
    (parts.query, parts.key, parts.value) = (node.input(0), node.input(1), node.input(2))
    if parts.key.isEmpty {
      // Packed, all heads of Q first, then those of K and of V.
      let heads = parts.headCount + 2 * parts.keyHeadCount
      let apart = reshape(parts.query, [0, 0, heads, -1])
      let sizes = integers([parts.headCount, parts.keyHeadCount, parts.keyHeadCount])
      let split = emit("Split", [apart, sizes], ["axis": .integer(2)], outputCount: 3)
      let packed = split.map { reshape($0, [0, 0, -1]) }
      (parts.query, parts.key, parts.value) = (packed[0], packed[1], packed[2])
    }
    guard !node.input(14).isEmpty else { return }
    let epsilon = node.float("qk_norm_epsilon", default: 1e-6)
    func normalized(_ value: String, _ heads: Int64, _ weight: Int, _ name: String) -> String {
      let apart = reshape(value, [0, 0, heads, -1])
      let result = emit(
        "RMSNormalization", [apart, node.input(weight)],
        ["axis": .integer(-1), "epsilon": .float(node.float(name, default: epsilon))])
      return reshape(result, [0, 0, -1])
    }
    parts.query = normalized(parts.query, parts.headCount, 14, "q_norm_epsilon")
    parts.key = normalized(parts.key, parts.keyHeadCount, 15, "k_norm_epsilon")
  }

  private mutating func headsApart(_ value: String, _ count: Int64) -> String {
    transpose(reshape(value, [0, 0, count, -1]), [0, 2, 1, 3])
  }
}

internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// Query, value and maybe key; the key is the value where it is not given.
  private static func parts(
    _ x: [KerasValue], _ k: KerasImporter
  ) throws(MRDLError) -> (query: KerasValue, value: KerasValue, key: KerasValue) {
    guard (2...3).contains(x.count), x.allSatisfy({ $0.rank == 3 }) else {
      throw k.unsupported("attention of other than two or three values with steps")
    }
    return (x[0], x[1], x.count == 3 ? x[2] : x[1])
  }

  /// Luong's attention: scores are products, or sums through tanh.
  static func attention(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let (query, value, key) = try parts(x, k)
    let hasScale = layer.config.flag("use_scale")
    let isSum = layer.config.text("score_mode", default: "dot") == "concat"
    let count = (hasScale ? 1 : 0) + (isSum ? 1 : 0)
    var weights = try k.weights(layer, count: count...count)
    let extents = [query.extents[0], query.extents[1], key.extents[1]]
    if isSum {
      var sum = pairs(query, key, &k)
      if hasScale {
        sum = k.emit(
          "Mul", [sum.name, k.add(weights.removeFirst(), "scale")], extents: sum.extents)
      }
      let bent = k.emit("Tanh", [sum.name], extents: sum.extents)
      let scores = k.emit(
        "ReduceSum", [bent.name, k.integers([-1])], attributes: ["keepdims": .integer(0)],
        extents: extents)
      return attend(
        layer,
        k.emit(
          "Mul", [scores.name, k.add(weights.removeFirst(), "concat_score_weight")],
          extents: extents), query, value, &k)
    }
    var scores = k.emit(
      "MatMul", [query.name, k.transpose(key, [0, 2, 1]).name], extents: extents)
    if hasScale {
      scores = k.emit("Mul", [scores.name, k.add(weights[0], "scale")], extents: extents)
    }
    return attend(layer, scores, query, value, &k)
  }

  /// Bahdanau's attention.
  static func additiveAttention(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let (query, value, key) = try parts(x, k)
    let sum = pairs(query, key, &k)
    var bent = k.emit("Tanh", [sum.name], extents: sum.extents)
    if layer.config.flag("use_scale", default: true) {
      let scale = try k.weights(layer, count: 1...1)[0]
      bent = k.emit("Mul", [bent.name, k.add(scale, "scale")], extents: bent.extents)
    }
    let scores = k.emit(
      "ReduceSum", [bent.name, k.integers([-1])], attributes: ["keepdims": .integer(0)],
      extents: Array(sum.extents.dropLast()))
    return attend(layer, scores, query, value, &k)
  }

  /// The sum of each query and each key: [N, Tq, Tv, C].
  private static func pairs(
    _ query: KerasValue, _ key: KerasValue, _ k: inout KerasImporter
  ) -> KerasValue {
    let left = k.emit(
      "Unsqueeze", [query.name, k.integers([2])],
      extents: [query.extents[0], query.extents[1], 1, query.extents[2]])
    let right = k.emit(
      "Unsqueeze", [key.name, k.integers([1])],
      extents: [key.extents[0], 1, key.extents[1], key.extents[2]])
    return k.emit(
      "Add", [left.name, right.name],
      extents: [query.extents[0], query.extents[1], key.extents[1], query.extents[2]])
  }

  /// Softmax of the scores [N, Tq, Tv] times the values. Steps of the value that do not count get scores
  /// that are far lower; steps of the query that do not count give zeros.
  private static func attend(
    _ layer: KerasLayer, _ scores: KerasValue, _ query: KerasValue, _ value: KerasValue,
    _ k: inout KerasImporter
  ) -> [KerasValue] {
    var scores = scores
    var counts = value.mask.map { k.unsqueezed($0.name, [1]) }
    // Before Keras 2.11 the layer itself says so.
    if layer.named.flag("use_causal_mask") || layer.config.flag("causal") {
      counts = k.both(counts, k.band(like: scores.name, before: nil, behind: 0))
    }
    if let counts {
      let lower = k.emit("Sub", [scores.name, k.number(1e9, "large")], extents: scores.extents)
      scores = k.emit("Where", [counts, scores.name, lower.name], extents: scores.extents)
    }
    let weights = k.emit(
      "Softmax", [scores.name], attributes: ["axis": .integer(-1)], extents: scores.extents)
    var y = k.emit(
      "MatMul", [weights.name, value.name],
      extents: [scores.extents[0], scores.extents[1], value.extents[2]])
    if let mask = query.mask {
      y = k.emit(
        "Where", [k.unsqueezed(mask.name, [2]), y.name, k.number(0, "zero")], extents: y.extents)
      if k.majorVersion < 3 { y.mask = mask }
    }
    return layer.named.flag("return_attention_scores") ? [y, weights] : [y]
  }
}

extension KerasImporter {
  mutating func unsqueezed(_ name: String, _ axes: [Int]) -> String {
    emit("Unsqueeze", [name, integers(axes)], outputCount: 1)[0]
  }

  /// Truth values that hold where both do; nil stands for those that always hold.
  mutating func both(_ a: String?, _ b: String?) -> String? {
    guard let a, let b else { return a ?? b }
    return emit("And", [a, b], outputCount: 1)[0]
  }

  /// Truth values [T, S] for the last two axes of a value: those near the diagonal.
  ///
  /// - Parameters:
  ///   - before: how many places before the diagonal hold; nil for all.
  ///   - behind: how many places behind it hold.
  mutating func band(like name: String, before: Int?, behind: Int) -> String {
    let shape = emit("Shape", [name], attributes: ["start": .integer(-2)], outputCount: 1)[0]
    let ones = emit(
      "ConstantOfShape", [shape],
      attributes: ["value": .tensor(add(Tensor([Float(1)]), "one"))], outputCount: 1)[0]
    var band = emit(
      "Trilu", [ones, add(Tensor(scalar: Int64(behind)), "behind")],
      attributes: ["upper": .integer(0)], outputCount: 1)[0]
    if let before {
      band =
        emit(
          "Trilu", [band, add(Tensor(scalar: Int64(-before)), "before")],
          attributes: ["upper": .integer(1)], outputCount: 1)[0]
    }
    return emit("Cast", [band], attributes: ["to": .integer(9)], outputCount: 1)[0]
  }
}

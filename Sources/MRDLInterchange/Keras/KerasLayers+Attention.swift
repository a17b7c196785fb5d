internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// The product of two values for each sample, summed over one axis of each.
  static func dot(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard x.count == 2, (2...3).contains(x[0].rank), (2...3).contains(x[1].rank),
      let axes = layer.config["axes"]
    else { throw k.unsupported("a product of values with more than three axes") }
    let given = axes.integer.map { [$0, $0] } ?? axes.elements?.compactMap(\.integer) ?? []
    guard given.count == 2 else { throw MRDLError(.badKeras, "a product has two axes") }
    let places = zip(given, x).map { axis, value in axis < 0 ? axis + value.rank : axis }
    guard zip(places, x).allSatisfy({ (1..<$1.rank).contains($0) }) else {
      throw MRDLError(.badKeras, "the axes of a product do not fit", found: "\(given)")
    }
    var values = x
    if layer.config.flag("normalize") {
      for index in 0..<2 { values[index] = unit(values[index], [places[index]], &k) }
    }
    if x[0].rank == 2, x[1].rank == 2 {
      let products = k.emit(
        "Mul", values.map(\.name), extents: KerasValue.broadcast(values))
      return [
        k.emit("ReduceSum", [products.name, k.integers([1])], extents: [x[0].extents[0], 1])
      ]
    }
    // [N, a, c] and [N, c, b], where a value of two axes has a or b of one.
    var operands: [KerasValue] = []
    for (index, value) in values.enumerated() {
      if value.rank == 2 {
        let axis = index == 0 ? 1 : 2
        var extents = value.extents
        extents.insert(1, at: axis)
        operands.append(k.emit("Unsqueeze", [value.name, k.integers([axis])], extents: extents))
      } else {
        let isInPlace = places[index] == (index == 0 ? 2 : 1)
        operands.append(isInPlace ? value : k.transpose(value, [0, 2, 1]))
      }
    }
    var y = k.emit(
      "MatMul", operands.map(\.name),
      extents: [x[0].extents[0], operands[0].extents[1], operands[1].extents[2]])
    for (index, axis) in [(0, 1), (1, 2)] where values[index].rank == 2 {
      var extents = y.extents
      extents.remove(at: axis)
      y = k.emit("Squeeze", [y.name, k.integers([axis])], extents: extents)
    }
    return [y]
  }

  static func einsumDense(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let equation = layer.config["equation"]?.text else {
      throw MRDLError(.badKeras, "a key of a layer is missing", expected: "\"equation\"")
    }
    let hasBias = layer.config["bias_axes"] != nil
    let weights = try k.weights(layer, count: hasBias ? 2...2 : 1...1)
    var letters: [Character: Int?] = [:]
    let sides = equation.split(separator: ">").map { $0.filter { $0 != "-" && $0 != " " } }
    let terms = (sides.first ?? "").split(separator: ",")
    guard sides.count == 2, terms.count == 2, !equation.contains("."),
      terms[0].count == x[0].rank, terms[1].count == weights[0].shape.rank
    else { throw k.unsupported("the equation \(equation)") }
    for (letter, extent) in zip(terms[0], x[0].extents) { letters[letter] = extent }
    for (letter, extent) in zip(terms[1], weights[0].shape.dimensions) { letters[letter] = extent }
    var y = k.emit(
      "Einsum", [x[0].name, k.add(weights[0], "kernel")],
      attributes: ["equation": .string(equation.filter { $0 != " " })],
      extents: sides[1].map { letters[$0] ?? nil })
    if hasBias { y = k.emit("Add", [y.name, k.add(weights[1], "bias")], extents: y.extents) }
    return [try apply(layer.config["activation"], to: y, &k)]
  }

  /// Query, value and maybe key; the key is the value where it is not given.
  private static func parts(
    _ x: [KerasValue], _ k: KerasImporter
  ) throws(MRDLError) -> (query: KerasValue, value: KerasValue, key: KerasValue) {
    guard (2...3).contains(x.count), x.allSatisfy({ $0.rank == 3 }) else {
      throw k.unsupported("attention of other than two or three values with steps")
    }
    return (x[0], x[1], x.count == 3 ? x[2] : x[1])
  }

  /// Softmax of the scores [N, Tq, Tv] times the values.
  private static func attend(
    _ scores: KerasValue, _ value: KerasValue, _ k: inout KerasImporter
  ) -> KerasValue {
    let weights = k.emit(
      "Softmax", [scores.name], attributes: ["axis": .integer(-1)], extents: scores.extents)
    return k.emit(
      "MatMul", [weights.name, value.name],
      extents: [scores.extents[0], scores.extents[1], value.extents[2]])
  }

  /// Luong's attention: scores are products, or sums through tanh.
  static func attention(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try checkArguments(layer, k)
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
      return [
        attend(
          k.emit(
            "Mul", [scores.name, k.add(weights.removeFirst(), "concat_score_weight")],
            extents: extents), value, &k)
      ]
    }
    var scores = k.emit(
      "MatMul", [query.name, k.transpose(key, [0, 2, 1]).name], extents: extents)
    if hasScale {
      scores = k.emit("Mul", [scores.name, k.add(weights[0], "scale")], extents: extents)
    }
    return [attend(scores, value, &k)]
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

  /// Bahdanau's attention.
  static func additiveAttention(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try checkArguments(layer, k)
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
    return [attend(scores, value, &k)]
  }

  /// Refuses masks and the scores as a second output.
  private static func checkArguments(
    _ layer: KerasLayer, _ k: KerasImporter
  ) throws(MRDLError) {
    for call in layer.arguments {
      for key in ["use_causal_mask", "return_attention_scores"] where call.named.flag(key) {
        throw k.unsupported(key)
      }
    }
  }

  static func multiHeadAttention(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try checkArguments(layer, k)
    let (query, value, key) = try parts(x, k)
    if let axes = layer.config["attention_axes"]?.elements?.compactMap(\.integer), axes != [1] {
      throw k.unsupported("attention along axes \(axes)")
    }
    let hasBias = layer.config.flag("use_bias", default: true)
    let names = ["query_dense", "key_dense", "value_dense", "output_dense"]
    var weights: [[Tensor]] = []
    for (index, name) in names.enumerated() {
      weights.append(
        try k.weights(
          layer, count: hasBias ? 2...2 : 1...1, part: [name],
          share: WeightShare(index: index, count: 4)))
    }
    let heads = weights[0][0].shape[1]
    var projected: [KerasValue] = []
    for (index, input) in [query, key, value].enumerated() {
      projected.append(try project(input, weights[index], names[index], &k))
    }
    // [N, heads, T, size], the keys transposed.
    let size = weights[0][0].shape[2]
    let q = k.emit(
      "Mul", [projected[0].name, k.number(1 / Double(size).squareRoot(), "scale")],
      extents: projected[0].extents)
    let transposedKey = k.transpose(projected[1], [0, 1, 3, 2])
    let scores = k.emit(
      "MatMul", [q.name, transposedKey.name],
      extents: [query.extents[0], heads, query.extents[1], key.extents[1]])
    let softmax = k.emit(
      "Softmax", [scores.name], attributes: ["axis": .integer(-1)], extents: scores.extents)
    let mixed = k.emit(
      "MatMul", [softmax.name, projected[2].name],
      extents: [query.extents[0], heads, query.extents[1], weights[2][0].shape[2]])
    let joined = k.emit(
      "Reshape",
      [
        k.transpose(mixed, [0, 2, 1, 3]).name,
        k.integers([0, -1, heads * weights[2][0].shape[2]], "shape"),
      ], extents: [query.extents[0], query.extents[1], heads * weights[2][0].shape[2]])
    let kernel = weights[3][0].shape.dimensions
    guard kernel.count == 3 else { throw k.unsupported("outputs with several axes") }
    var y = k.emit(
      "MatMul",
      [
        joined.name,
        k.add(weights[3][0].reshaped(Shape([kernel[0] * kernel[1], kernel[2]])), "output_kernel"),
      ], extents: [query.extents[0], query.extents[1], kernel[2]])
    if hasBias {
      y = k.emit("Add", [y.name, k.add(weights[3][1], "output_bias")], extents: y.extents)
    }
    return [y]
  }

  /// Steps [N, T, C] as [N, heads, T, size].
  private static func project(
    _ x: KerasValue, _ weights: [Tensor], _ name: String, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let shape = weights[0].shape.dimensions
    guard shape.count == 3 else {
      throw MRDLError(.badKeras, "the weights of a layer do not fit", found: "\(shape)")
    }
    let width = shape[1] * shape[2]
    var y = k.emit(
      "MatMul", [x.name, k.add(weights[0].reshaped(Shape([shape[0], width])), "\(name)_kernel")],
      extents: [x.extents[0], x.extents[1], width])
    if weights.count > 1 {
      y = k.emit(
        "Add", [y.name, k.add(weights[1].reshaped(Shape([width])), "\(name)_bias")],
        extents: y.extents)
    }
    let split = k.emit(
      "Reshape", [y.name, k.integers([0, -1, shape[1], shape[2]], "shape")],
      extents: [x.extents[0], x.extents[1], shape[1], shape[2]])
    return k.transpose(split, [0, 2, 1, 3])
  }
}

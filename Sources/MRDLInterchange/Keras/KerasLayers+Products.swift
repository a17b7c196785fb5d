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
      let sum = k.emit(
        "ReduceSum", [products.name, k.integers([1])], extents: [x[0].extents[0], 1])
      guard layer.config.flag("has_axis") else { return [sum] }
      return [k.emit("Unsqueeze", [sum.name, k.integers([1])], extents: [x[0].extents[0], 1, 1])]
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
    if layer.config.flag("has_axis") {
      throw k.unsupported("the cosine of values with three axes")
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
}

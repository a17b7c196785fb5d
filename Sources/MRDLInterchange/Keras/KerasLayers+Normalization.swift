internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// The axes of a layer, counted from the front.
  private static func axes(
    _ layer: KerasLayer, rank: Int, _ k: KerasImporter
  ) throws(MRDLError) -> [Int] {
    let given =
      layer.config["axis"].flatMap { axis in
        axis.integer.map { [$0] } ?? axis.elements?.compactMap(\.integer)
      } ?? [-1]
    let axes = given.map { $0 < 0 ? $0 + rank : $0 }.sorted()
    guard axes.allSatisfy({ (0..<rank).contains($0) }) else {
      throw MRDLError(.badKeras, "an axis does not fit", found: "\(given)")
    }
    return axes
  }

  /// Divides by the Euclidean norm along the axes, or by a small number where that is less.
  static func unitNormalization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    [unit(x[0], try axes(layer, rank: x[0].rank, k), &k)]
  }

  static func unit(_ x: KerasValue, _ axes: [Int], _ k: inout KerasImporter) -> KerasValue {
    let norm = k.emit("ReduceL2", [x.name, k.integers(axes)], extents: x.extents)
    let divisor = k.emit("Max", [norm.name, k.number(1e-6, "epsilon")], extents: x.extents)
    return k.emit("Div", [x.name, divisor.name], extents: x.extents)
  }

  static func rmsNormalization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let axes = try axes(layer, rank: x[0].rank, k)
    guard let first = axes.first, axes == Array(first..<x[0].rank) else {
      throw k.unsupported("normalisation along other axes than the last ones")
    }
    let scale = try k.weights(layer, count: 1...1)[0]
    return [
      k.emit(
        "RMSNormalization", [x[0].name, k.add(scale, "scale")],
        attributes: [
          "axis": .integer(Int64(first)),
          "epsilon": .float(layer.config.number("epsilon", default: 1e-6)),
        ], extents: x[0].extents)
    ]
  }

  static func groupNormalization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let axis = try axes(layer, rank: x[0].rank, k)
    guard axis == [1] || axis == [x[0].rank - 1], let channels = x[0].extents[axis[0]],
      x[0].rank > 2
    else { throw k.unsupported("normalisation of groups along other axes than the channels") }
    let (scales, centers) = (
      layer.config.flag("scale", default: true), layer.config.flag("center", default: true)
    )
    let count = (scales ? 1 : 0) + (centers ? 1 : 0)
    var weights = try k.weights(layer, count: count...count)
    let gamma = scales ? weights.removeFirst() : try k.filled(1, extents: [channels])
    let beta = centers ? weights.removeFirst() : try k.filled(0, extents: [channels])
    let groups = layer.config["groups"]?.integer ?? 32
    let isFirst = axis == [1]
    let input = isFirst ? x[0] : k.channelsFirst(x[0])
    let y = k.emit(
      "GroupNormalization", [input.name, k.add(gamma, "gamma"), k.add(beta, "beta")],
      attributes: [
        "num_groups": .integer(Int64(groups == -1 ? channels : groups)),
        "epsilon": .float(layer.config.number("epsilon", default: 1e-3)),
      ], extents: input.extents)
    return [isFirst ? y : k.channelsLast(y)]
  }

  /// Mean and variance that were learnt from data, or given.
  static func normalization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let rank = x[0].rank
    let kept =
      layer.config["axis"] == nil && layer.config.value["axis"] == .null
      ? [] : try axes(layer, rank: rank, k)
    var (mean, variance): (Tensor, Tensor)
    if let given = layer.config["mean"].flatMap({ KerasConstant($0) }),
      let spread = layer.config["variance"].flatMap({ KerasConstant($0) })
    {
      (mean, variance) = (given.tensor, spread.tensor)
    } else {
      let weights = try k.weights(layer, count: 3...3)
      (mean, variance) = (weights[0], weights[1])
    }
    let shape = (0..<rank).map { axis in
      kept.contains(axis) ? x[0].extents[axis] ?? 1 : 1
    }
    let count = shape.reduce(1, *)
    func spread(_ tensor: Tensor) throws(MRDLError) -> [Float] {
      let values = tensor.elements(as: Float.self)
      if values.count == count { return values }
      guard values.count == 1 else {
        throw MRDLError(
          .badKeras, "the statistics of a layer do not fit its input", found: "\(values.count)",
          expected: "\(count)")
      }
      return try k.filled(values[0], extents: [count]).elements(as: Float.self)
    }
    let shift = Tensor(try spread(mean), shape: Shape(shape))
    let scale = Tensor(
      try spread(variance).map { max($0.squareRoot(), 1e-7) }, shape: Shape(shape))
    if layer.config.flag("invert") {
      let y = k.emit("Mul", [x[0].name, k.add(scale, "deviation")], extents: x[0].extents)
      return [k.emit("Add", [y.name, k.add(shift, "mean")], extents: x[0].extents)]
    }
    let y = k.emit("Sub", [x[0].name, k.add(shift, "mean")], extents: x[0].extents)
    return [k.emit("Div", [y.name, k.add(scale, "deviation")], extents: x[0].extents)]
  }
}

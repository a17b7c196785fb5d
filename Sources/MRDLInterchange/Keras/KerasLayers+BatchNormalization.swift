internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  static func batchNormalization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let (scales, centers) = (
      layer.config.flag("scale", default: true), layer.config.flag("center", default: true)
    )
    let count = 2 + (scales ? 1 : 0) + (centers ? 1 : 0)
    var weights = try k.weights(layer, count: count...count)
    let channels = weights[0].elementCount
    let gamma =
      scales ? weights.removeFirst() : try k.filled(1, extents: [channels])
    let beta = centers ? weights.removeFirst() : try k.filled(0, extents: [channels])
    let given = layer.config["axis"].flatMap { $0.integer ?? $0.elements?.first?.integer } ?? -1
    let axis = given < 0 ? given + x[0].rank : given
    guard (1..<x[0].rank).contains(axis) else {
      throw MRDLError(.badKeras, "an axis does not fit", found: "\(given)")
    }
    switch layer.config["mode"]?.integer ?? 0 {
    case 0: break
    case 1: return [normalizedSamples(layer, x[0], gamma, beta, &k)]
    case let mode: throw k.unsupported("BatchNormalization of mode \(mode), by the batch itself")
    }
    // The axis behind the batch.
    let order = [0, axis] + (1..<x[0].rank).filter { $0 != axis }
    let input = k.transpose(x[0], order)
    let y = k.emit(
      "BatchNormalization",
      [
        input.name, k.add(gamma, "gamma"), k.add(beta, "beta"), k.add(weights[0], "moving_mean"),
        k.add(weights[1], "moving_variance"),
      ], attributes: ["epsilon": .float(layer.config.number("epsilon", default: 1e-3))],
      extents: input.extents)
    return [k.transpose(y, order.indices.map { order.firstIndex(of: $0) ?? $0 })]
  }

  /// What Keras 1 calls mode 1: each sample by its own mean and deviation along the last axis.
  private static func normalizedSamples(
    _ layer: KerasLayer, _ x: KerasValue, _ gamma: Tensor, _ beta: Tensor,
    _ k: inout KerasImporter
  ) -> KerasValue {
    let epsilon = k.number(layer.config.number("epsilon", default: 1e-3), "epsilon")
    func mean(_ value: KerasValue) -> KerasValue {
      k.emit("ReduceMean", [value.name, k.integers([-1])], extents: x.extents.dropLast() + [1])
    }
    let centred = k.emit("Sub", [x.name, mean(x).name], extents: x.extents)
    let square = k.emit("Mul", [centred.name, centred.name], extents: x.extents)
    let variance = mean(square)
    let sum = k.emit("Add", [variance.name, epsilon], extents: variance.extents)
    let root = k.emit("Sqrt", [sum.name], extents: variance.extents)
    let divisor = k.emit("Add", [root.name, epsilon], extents: variance.extents)
    let y = k.emit("Div", [centred.name, divisor.name], extents: x.extents)
    let scaled = k.emit("Mul", [y.name, k.add(gamma, "gamma")], extents: x.extents)
    return k.emit("Add", [scaled.name, k.add(beta, "beta")], extents: x.extents)
  }

  static func layerNormalization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let given =
      layer.config["axis"].flatMap { axis in
        axis.integer.map { [$0] } ?? axis.elements?.compactMap(\.integer)
      } ?? [-1]
    let axes = given.map { $0 < 0 ? $0 + x[0].rank : $0 }
    guard !axes.isEmpty, axes.sorted() == axes, axes.allSatisfy({ (1..<x[0].rank).contains($0) })
    else { throw MRDLError(.badKeras, "an axis does not fit", found: "\(given)") }
    if layer.config.flag("rms_scaling") { throw k.unsupported("rms_scaling") }
    // The axes behind all others.
    let order = (0..<x[0].rank).filter { !axes.contains($0) } + axes
    let first = x[0].rank - axes.count
    let input = k.transpose(x[0], order)
    let extents = axes.compactMap { x[0].extents[$0] }
    guard extents.count == axes.count else {
      throw k.unsupported("normalisation along an axis of unknown extent")
    }
    let (scales, centers) = (
      layer.config.flag("scale", default: true), layer.config.flag("center", default: true)
    )
    let count = (scales ? 1 : 0) + (centers ? 1 : 0)
    var weights = try k.weights(layer, count: count...count)
    let gamma =
      scales
      ? weights.removeFirst()
      : try k.filled(1, extents: extents)
    var inputs = [input.name, k.add(gamma, "gamma")]
    if centers { inputs.append(k.add(weights.removeFirst(), "beta")) }
    let y = k.emit(
      "LayerNormalization", inputs,
      attributes: [
        "axis": .integer(Int64(first)),
        "epsilon": .float(layer.config.number("epsilon", default: 1e-3)),
      ], extents: input.extents)
    return [k.transpose(y, order.indices.map { order.firstIndex(of: $0) ?? $0 })]
  }
}

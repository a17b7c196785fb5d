internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// Pooling to a given number of places: place i of n takes the inputs from ⌊i·L/n⌋ to ⌈(i+1)·L/n⌉ of L.
  static func adaptivePool(
    _ rank: Int, isMaximum: Bool, _ layer: KerasLayer, _ x: [KerasValue],
    _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    try check(x[0], rank, k)
    let size = try layer.config.integers("output_size", count: rank, default: 1)
    let first = isChannelsFirst(layer) ? 2 : 1
    var y = x[0]
    // Windows of pictures are products of windows of axes.
    for (place, count) in size.enumerated() {
      let axis = first + place
      guard let extent = y.extents[axis], extent > 0, count > 0 else {
        throw k.unsupported("adaptive pooling of unknown extents")
      }
      y = adaptivePool(y, axis: axis, extent: extent, count: count, isMaximum: isMaximum, &k)
    }
    return [y]
  }

  private static func adaptivePool(
    _ x: KerasValue, axis: Int, extent: Int, count: Int, isMaximum: Bool,
    _ k: inout KerasImporter
  ) -> KerasValue {
    let windows = (0..<count).map { place in
      (place * extent / count)..<(((place + 1) * extent + count - 1) / count)
    }
    let longest = windows.reduce(1) { max($0, $1.count) }
    // Shorter windows repeat their last place, which a maximum does not notice and an average leaves out.
    let places = windows.flatMap { window in
      (0..<longest).map { Int64(min(window.lowerBound + $0, window.upperBound - 1)) }
    }
    var extents = x.extents
    extents.replaceSubrange(axis...axis, with: [count, longest])
    var gathered = k.emit(
      "Gather", [x.name, k.add(Tensor(places, shape: [count, longest]), "windows")],
      attributes: ["axis": .integer(Int64(axis))], extents: extents)
    if !isMaximum {
      let shares = windows.flatMap { window in
        (0..<longest).map { $0 < window.count ? 1 / Float(window.count) : 0 }
      }
      let shape = [count, longest] + [Int](repeating: 1, count: x.rank - axis - 1)
      gathered = k.emit(
        "Mul", [gathered.name, k.add(Tensor(shares, shape: Shape(shape)), "shares")],
        extents: extents)
    }
    extents.remove(at: axis + 1)
    return k.emit(
      isMaximum ? "ReduceMax" : "ReduceSum", [gathered.name, k.integers([axis + 1])],
      attributes: ["keepdims": .integer(0)], extents: extents)
  }
}

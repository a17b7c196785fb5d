internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  static func merge(
    _ op: String, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let rank = x.reduce(0) { max($0, $1.rank) }
    guard x.allSatisfy({ $0.rank == rank }) else {
      throw k.unsupported("inputs with different numbers of axes")
    }
    let extents = (0..<rank).map { axis -> Int? in
      x.reduce(Optional(1)) { extent, value in
        value.extents[axis] == 1 ? extent : value.extents[axis]
      }
    }
    let mask = try mergedMask(x, &k)
    if k.majorVersion >= 3, ["Mul", "Max", "Min"].contains(op),
      x.contains(where: { $0.mask != nil })
    {
      return [maskedMerge(op, x, mask, extents, &k)]
    }
    var result = x[0]
    if op == "Max" || op == "Min" || op == "Mean" {
      result = k.emit(op, x.map(\.name), extents: extents)
    } else {
      for value in x.dropFirst() {
        result = k.emit(op, [result.name, value.name], extents: extents)
      }
    }
    result.mask = mask
    return [result]
  }

  /// Products, largest and smallest numbers of the values whose steps count, as Keras 3 has it: zero where
  /// no value counts in a product, and the other value where one does not count.
  private static func maskedMerge(
    _ op: String, _ x: [KerasValue], _ mask: KerasValue.Mask?, _ extents: [Int?],
    _ k: inout KerasImporter
  ) -> KerasValue {
    func choose(_ counts: String?, _ value: String, _ other: String) -> String {
      guard let counts else { return value }
      return k.emit("Where", [counts, value, other], outputCount: 1)[0]
    }
    let counts = x.map { value in value.mask.map { k.unsqueezed($0.name, [value.rank - 1]) } }
    var result: String
    if op == "Mul" {
      let one = k.number(1, "one")
      result = choose(counts[0], x[0].name, one)
      for (value, count) in zip(x, counts).dropFirst() {
        result = k.emit(op, [result, choose(count, value.name, one)], outputCount: 1)[0]
      }
      if let mask {
        result = choose(k.unsqueezed(mask.name, [x[0].rank - 1]), result, k.number(0, "zero"))
      }
    } else {
      result = x[0].name
      var known = counts[0]
      for (value, count) in zip(x, counts).dropFirst() {
        let right = choose(count, value.name, result)
        let left = choose(known, result, right)
        result = k.emit(op, [left, right], outputCount: 1)[0]
        if let a = known, let b = count {
          known = k.emit("Or", [a, b], outputCount: 1)[0]
        } else {
          known = nil
        }
      }
    }
    var value = KerasValue(name: result, extents: extents)
    value.mask = mask
    return value
  }

  /// Which steps of merged values count: with Keras 3 those that count in any of them, and none is left
  /// out where one value says nothing; before, those that count in all values that say something.
  private static func mergedMask(
    _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue.Mask? {
    let masks = x.compactMap(\.mask)
    guard let first = masks.first, k.majorVersion < 3 || masks.count == x.count else { return nil }
    guard masks.allSatisfy({ $0.rank == first.rank }) else {
      throw k.unsupported("masks of different ranks")
    }
    return masks.dropFirst().reduce(first) { result, mask in
      guard result != mask else { return result }
      let op = k.majorVersion < 3 ? "And" : "Or"
      return KerasValue.Mask(
        name: k.emit(op, [result.name, mask.name], outputCount: 1)[0], rank: first.rank)
    }
  }

  static func concatenate(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let given = layer.config["axis"]?.integer ?? -1
    let axis = given < 0 ? given + x[0].rank : given
    guard x.allSatisfy({ $0.rank == x[0].rank }), (0..<x[0].rank).contains(axis) else {
      throw MRDLError(.badKeras, "the axis of a concatenation does not fit", found: "\(given)")
    }
    var extents = x[0].extents
    extents[axis] = x.reduce(Optional(0)) { sum, value in
      sum.flatMap { sum in value.extents[axis].map { sum + $0 } }
    }
    var y = k.emit(
      "Concat", x.map(\.name), attributes: ["axis": .integer(Int64(axis))], extents: extents)
    y.mask = try concatenatedMask(x, axis: axis, &k)
    return [y]
  }

  /// Which steps of joined values count: those where any number belongs to a step that counts.
  private static func concatenatedMask(
    _ x: [KerasValue], axis: Int, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue.Mask? {
    let last = x[0].rank - 1
    guard x.contains(where: { $0.mask != nil }) else { return nil }
    guard x.allSatisfy({ $0.mask == nil || $0.mask?.rank == last }) else {
      throw k.unsupported("a mask of joined values with other axes")
    }
    if axis == last {
      // One value without a mask counts everywhere.
      let masks = x.compactMap(\.mask)
      guard masks.count == x.count else { return everywhere(like: masks[0], &k) }
      return masks.dropFirst().reduce(masks[0]) { result, mask in
        result == mask
          ? result
          : KerasValue.Mask(
            name: k.emit("Or", [result.name, mask.name], outputCount: 1)[0], rank: last)
      }
    }
    let parts = x.map { value -> String in
      if let mask = value.mask { return mask.name }
      let shape = k.emit("Shape", [value.name], attributes: ["end": .integer(-1)], outputCount: 1)[
        0]
      let ones = k.emit(
        "ConstantOfShape", [shape],
        attributes: ["value": .tensor(k.add(Tensor([true]), "true"))], outputCount: 1)[0]
      return ones
    }
    return KerasValue.Mask(
      name: k.emit(
        "Concat", parts, attributes: ["axis": .integer(Int64(axis))], outputCount: 1)[0],
      rank: last)
  }

  /// Truth values as many as a mask has, all true.
  private static func everywhere(
    like mask: KerasValue.Mask, _ k: inout KerasImporter
  ) -> KerasValue.Mask {
    let not = k.emit("Not", [mask.name], outputCount: 1)[0]
    return KerasValue.Mask(
      name: k.emit("Or", [mask.name, not], outputCount: 1)[0], rank: mask.rank)
  }
}

internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// Applies a layer or a model to every step: the steps become samples.
  static func timeDistributed(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard x[0].rank > 2 else {
      throw MRDLError(
        .badKeras, "the input of a layer has another number of axes", found: "\(x[0].rank)",
        expected: "3 or more")
    }
    let steps = x[0].extents[1]
    let inputTail = try known(Array(x[0].extents.dropFirst(2)), k)
    var flat = k.emit(
      "Reshape", [x[0].name, k.integers([-1] + inputTail, "shape")],
      extents: [nil] + inputTail.map { Optional($0) })
    if let mask = x[0].mask, mask.rank == 3 {
      // Steps inside a step, for a layer that counts them.
      let inner = k.emit(
        "Reshape", [mask.name, k.integers([-1, inputTail[0]], "shape")], outputCount: 1)[0]
      flat.mask = KerasValue.Mask(name: inner, rank: 2)
    }
    let results = try inside(layer, [flat], &k)
    return try results.map { (result) throws(MRDLError) in
      let tail = try known(Array(result.extents.dropFirst()), k)
      let extents = [x[0].extents[0], steps] + tail.map { Optional($0) }
      if let steps {
        return k.emit(
          "Reshape", [result.name, k.integers([-1, steps] + tail, "shape")], extents: extents)
      }
      let leading = k.emit(
        "Shape", [x[0].name], attributes: ["start": .integer(0), "end": .integer(2)],
        outputCount: 1)[0]
      let shape = k.emit(
        "Concat", [leading, k.integers(tail, "tail")], attributes: ["axis": .integer(0)],
        outputCount: 1)[0]
      return k.emit("Reshape", [result.name, shape], extents: extents)
    }
  }

  private static func known(_ extents: [Int?], _ k: KerasImporter) throws(MRDLError) -> [Int] {
    let all = extents.compactMap { $0 }
    guard all.count == extents.count else {
      throw k.unsupported("TimeDistributed over values of unknown size")
    }
    return all
  }

  /// Makes the layer inside a wrapper.
  private static func inside(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let inner = layer.config["layer"], let className = inner["class_name"]?.text,
      let config = inner["config"]
    else { throw k.unsupported("\(layer.className) of nothing") }
    var wrapped = KerasLayer(className: className, config: config, inside: layer, part: ["layer"])
    wrapped.namedValues = [:]
    return try make(wrapped, call: layer.call, x, &k)
  }

  /// The layer inside: what SpectralNormalization does, it has done to the weights.
  static func wrapped(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    // The wrapper drops the mask.
    try inside(layer, x, &k).map { result in
      KerasValue(name: result.name, extents: result.extents, scalarType: result.scalarType)
    }
  }

  /// Layers one behind the other, none of which has weights.
  static func pipeline(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    var values = x
    for description in layer.config["layers"]?.elements ?? [] {
      guard let className = description["class_name"]?.text, let config = description["config"]
      else { throw MRDLError(.badKeras, "a layer lacks its class or its configuration") }
      values = try make(
        KerasLayer(className: className, config: config, inside: layer, part: [className]),
        call: layer.call, values, &k)
    }
    return values
  }

  /// Zeros the steps that hold one value alone, and says that they do not count.
  static func masking(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard x[0].rank > 1 else { throw k.unsupported("Masking of rank \(x[0].rank)") }
    let value = layer.config.number("mask_value", default: 0)
    let isValue = k.emit("Equal", [x[0].name, k.number(value, "mask_value")], outputCount: 1)[0]
    let differs = k.emit("Not", [isValue], outputCount: 1)[0]
    let counts = k.emit("Cast", [differs], attributes: ["to": .integer(1)], outputCount: 1)[0]
    let any = k.emit("ReduceMax", [counts, k.integers([-1])], outputCount: 1)[0]
    let mask = k.emit("Cast", [any], attributes: ["to": .integer(9)], outputCount: 1)[0]
    var y = k.emit("Where", [mask, x[0].name, k.number(0, "zero")], extents: x[0].extents)
    let flat = k.emit("Squeeze", [mask, k.integers([-1])], outputCount: 1)[0]
    y.mask = KerasValue.Mask(name: flat, rank: x[0].rank - 1)
    return [y]
  }
}

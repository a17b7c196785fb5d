internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// Numbers of classes as vectors.
  static func categoryEncoding(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let indices = k.emit(
      "Cast", [x[0].name], attributes: ["to": .integer(7)], extents: x[0].extents,
      scalarType: .int64)
    return [
      try encoded(
        indices, layer.config.text("output_mode", default: "multi_hot"),
        depth: try layer.config.required("num_tokens"), &k)
    ]
  }

  /// In which range between boundaries each number lies.
  static func discretization(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let boundaries = layer.config["bin_boundaries"].flatMap({ KerasConstant($0) }),
      boundaries.extents.count == 1
    else { throw k.unsupported("boundaries that are not stated") }
    let column = k.unsqueezed(x[0].name, [-1])
    let isAbove = k.emit(
      "GreaterOrEqual", [column, k.add(boundaries.tensor, "bin_boundaries")], outputCount: 1)[0]
    let ones = k.emit("Cast", [isAbove], attributes: ["to": .integer(7)], outputCount: 1)[0]
    let indices = k.emit(
      "ReduceSum", [ones, k.integers([-1])], attributes: ["keepdims": .integer(0)],
      extents: x[0].extents, scalarType: .int64)
    let mode = layer.config.text("output_mode", default: "int")
    if mode == "int" {
      return [
        k.emit(
          "Cast", [indices.name], attributes: ["to": .integer(6)], extents: x[0].extents,
          scalarType: .int32)
      ]
    }
    return [try encoded(indices, mode, depth: boundaries.extents[0] + 1, &k)]
  }

  /// Whole numbers as vectors: one each, or one for all along the last axis.
  private static func encoded(
    _ indices: KerasValue, _ mode: String, depth: Int, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    guard depth > 0, depth <= 1 << 24 else { throw k.unsupported("vectors of \(depth) numbers") }
    let classes = k.integers(Array(0..<depth), "classes")
    let isOne = k.emit("Equal", [k.unsqueezed(indices.name, [-1]), classes], outputCount: 1)[0]
    let hot = k.emit(
      "Cast", [isOne], attributes: ["to": .integer(1)], extents: indices.extents + [depth])
    let last = indices.rank - 1
    let reduced = Array(indices.extents[..<last]) + [depth]
    switch mode {
    case "one_hot":
      guard indices.extents[last] == 1 else { return hot }
      return k.emit("Squeeze", [hot.name, k.integers([last])], extents: reduced)
    case "multi_hot", "count":
      return k.emit(
        mode == "count" ? "ReduceSum" : "ReduceMax", [hot.name, k.integers([last])],
        attributes: ["keepdims": .integer(0)], extents: reduced)
    default: throw k.unsupported("output_mode \(mode)")
    }
  }

  /// The short-time Fourier transform as a convolution with stored kernels.
  static func spectrogram(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard x[0].rank == 3 else { throw k.unsupported("a spectrogram of rank \(x[0].rank)") }
    let mode = layer.config.text("mode", default: "log")
    let isSingle = mode == "real" || mode == "imag"
    let kernels = try k.weights(layer, count: isSingle ? 1...1 : 2...2)
    let isFirst = isChannelsFirst(layer)
    let input = isFirst ? x[0] : k.channelsFirst(x[0])
    guard let channels = input.extents[1], kernels[0].shape.rank == 3 else {
      throw k.unsupported("a spectrogram of an unknown number of channels")
    }
    let frequencies = kernels[0].shape[2]
    let rule = try WindowRule(
      kernel: [kernels[0].shape[0]],
      strides: [max(try layer.config.required("frame_step"), 1)], dilations: [1],
      padding: layer.config.text("padding", default: "valid"))
    // Channels become samples, and then are channels of frequencies again.
    let flat = k.emit(
      "Reshape", [input.name, k.integers([-1, 1, input.extents[2] ?? -1], "shape")],
      extents: [nil, 1, input.extents[2]])
    let parts = try kernels.map { (kernel) throws(MRDLError) in
      try convolve(flat, kernel, nil, groups: 1, rule, isChannelsFirst: true, &k)
    }
    let frames = parts[0].extents[2]
    var count = frequencies
    var y = parts[0]
    if !isSingle {
      let (real, imaginary) = (parts[0], parts[1])
      switch mode {
      case "stft":
        count *= 2
        y = k.emit(
          "Concat", [real.name, imaginary.name], attributes: ["axis": .integer(1)],
          extents: [nil, count, frames])
      case "angle": throw k.unsupported("angles of a spectrogram")
      default:
        let squares = parts.map { k.emit("Mul", [$0.name, $0.name], extents: $0.extents) }
        y = k.emit("Add", squares.map(\.name), extents: real.extents)
        if mode == "psd" {
          // All but the first and the last frequency stand for two.
          let factors = (0..<frequencies).map {
            Float($0 == 0 || $0 == frequencies - 1 ? 1 : 2)
          }
          y = k.emit(
            "Mul", [y.name, k.add(Tensor(factors, shape: [frequencies, 1]), "sides")],
            extents: y.extents)
        } else {
          let least = k.number(1e-7, "epsilon")
          y = k.emit("Max", [y.name, least], extents: y.extents)
          y = k.emit("Sqrt", [y.name], extents: y.extents)
          if mode == "log" {
            y = k.emit("Max", [y.name, least], extents: y.extents)
            y = k.emit("Log", [y.name], extents: y.extents)
          }
        }
      }
    }
    let (batch, expands) = (x[0].extents[0], layer.config.flag("expand_dims"))
    let open = frames ?? -1
    if expands {
      let whole = k.emit(
        "Reshape", [y.name, k.integers([-1, channels, count, open], "shape")],
        extents: [batch, channels, count, frames])
      return [k.transpose(whole, isFirst ? [0, 1, 3, 2] : [0, 3, 2, 1])]
    }
    let whole = k.emit(
      "Reshape", [y.name, k.integers([-1, channels * count, open], "shape")],
      extents: [batch, channels * count, frames])
    return [isFirst ? whole : k.channelsLast(whole)]
  }
}

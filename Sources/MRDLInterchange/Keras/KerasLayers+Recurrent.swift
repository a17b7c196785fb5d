internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  static func recurrent(
    _ kind: KerasRecurrentKind, _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let weights = try k.weights(layer, count: 2...3, part: ["cell"])
    return try run(
      kind, layer.config, weights, x, isReverse: layer.config.flag("go_backwards"),
      keepsOrder: false, &k)
  }

  static func bidirectional(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let inner = layer.config["layer"], let className = inner["class_name"]?.text,
      let kind = KerasRecurrentKind(className: className), let config = inner["config"]
    else { throw k.unsupported("Bidirectional of \(layer.config["layer"]?.name ?? "nothing")") }
    var results: [KerasValue] = []
    for half in 0...1 {
      let weights = try k.weights(
        layer, count: 2...3,
        part: [half == 0 ? "forward_layer" : "backward_layer", "cell"],
        share: WeightShare(index: half, count: 2))
      results += try run(
        kind, config, weights, x, isReverse: (half == 1) != config.flag("go_backwards"),
        keepsOrder: true, &k
      ).prefix(1)
    }
    if config.flag("return_state") { throw k.unsupported("Bidirectional with states") }
    switch layer.config.text("merge_mode", default: "concat") {
    case "concat":
      var extents = results[0].extents
      extents[extents.count - 1] = extents[extents.count - 1].map { 2 * $0 }
      return [
        k.emit(
          "Concat", results.map(\.name), attributes: ["axis": .integer(-1)], extents: extents)
      ]
    case "sum": return try merge("Add", layer, results, &k)
    case "mul": return try merge("Mul", layer, results, &k)
    case "ave": return try merge("Mean", layer, results, &k)
    case let mode: throw k.unsupported("merge_mode \(mode)")
    }
  }

  /// - Parameter keepsOrder: whether outputs of a sequence read backwards stand at the steps of their
  ///   inputs, rather than in the order in which they were made.
  static func run(
    _ kind: KerasRecurrentKind, _ config: KerasObject, _ weights: [Tensor], _ x: [KerasValue],
    isReverse: Bool, keepsOrder: Bool, _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard x.count == 1 else { throw k.unsupported("states as inputs") }
    if config.flag("stateful") { throw k.unsupported("states that outlive a call") }
    if config.flag("time_major") { throw k.unsupported("steps before the batch") }
    guard x[0].rank == 3 else {
      throw MRDLError(
        .badKeras, "the input of a layer has another number of axes", found: "\(x[0].rank)",
        expected: "3")
    }
    let units = try config.required("units")
    let gateCount = kind.gates.count
    let inputSize = weights[0].shape[0]
    guard weights[0].shape.dimensions == [inputSize, gateCount * units],
      weights[1].shape.dimensions == [units, gateCount * units]
    else {
      throw MRDLError(
        .badKeras, "the weights of a layer do not fit its units", found: "\(weights[0].shape)",
        expected: "[\(inputSize), \(gateCount * units)]")
    }
    var inputs = [
      x[0].name, k.add(rows(weights[0], kind, units), "kernel"),
      k.add(rows(weights[1], kind, units), "recurrent_kernel"),
    ]
    let resetsAfter = kind == .gru && weights.count > 2 && weights[2].shape.rank == 2
    if weights.count > 2 {
      inputs.append(k.add(try biases(weights[2], kind, units), "bias"))
    }
    var attributes: [String: AttributeValue] = [
      "hidden_size": .integer(Int64(units)), "layout": .integer(1),
      "direction": .string(isReverse ? "reverse" : "forward"),
    ]
    if resetsAfter || (weights.count == 2 && config.flag("reset_after")) {
      attributes["linear_before_reset"] = .integer(1)
    }
    try addActivations(kind, config, &attributes, k)
    if let mask = x[0].mask {
      if config.flag("zero_output_for_mask") { throw k.unsupported("zero_output_for_mask") }
      var (sequence, states) = maskedRecurrence(
        kind, x[0], mask: mask, weights: Array(inputs.dropFirst()), attributes: attributes,
        units: units, isReverse: isReverse, keepsOrder: keepsOrder, &k)
      sequence.mask = mask
      return [config.flag("return_sequences") ? sequence : states[0]]
        + (config.flag("return_state") ? states : [])
    }
    let outputs = k.emit(
      kind.rawValue, inputs, attributes: attributes, outputCount: kind == .lstm ? 3 : 2)
    let (batch, steps) = (x[0].extents[0], x[0].extents[1])
    func squeezed(_ name: String, _ axis: Int, _ extents: [Int?]) -> KerasValue {
      k.emit("Squeeze", [name, k.add(Tensor([Int64(axis)]), "axes")], extents: extents)
    }
    var results: [KerasValue] = []
    if config.flag("return_sequences") {
      var y = squeezed(outputs[0], 2, [batch, steps, units])
      if isReverse, !keepsOrder {
        y = k.emit(
          "Slice",
          [
            y.name, k.add(Tensor([Int64(-1)]), "starts"), k.add(Tensor([Int64.min]), "ends"),
            k.add(Tensor([Int64(1)]), "axes"), k.add(Tensor([Int64(-1)]), "steps"),
          ], extents: y.extents)
      }
      results.append(y)
    } else {
      results.append(squeezed(outputs[1], 1, [batch, units]))
    }
    if config.flag("return_state") {
      for state in outputs.dropFirst() { results.append(squeezed(state, 1, [batch, units])) }
    }
    return results
  }

  private static func addActivations(
    _ kind: KerasRecurrentKind, _ config: KerasObject, _ attributes: inout [String: AttributeValue],
    _ k: KerasImporter
  ) throws(MRDLError) {
    var names: [String] = []
    var (alphas, betas): ([Double], [Double]) = ([], [])
    func add(_ activation: KerasObject?, _ standard: String) throws(MRDLError) {
      switch activation?.name ?? standard {
      case "tanh": names.append("Tanh")
      case "sigmoid": names.append("Sigmoid")
      case "relu": names.append("Relu")
      case "softsign": names.append("Softsign")
      case "softplus": names.append("Softplus")
      case "linear":
        names.append("Affine")
        alphas.append(1)
        betas.append(0)
      case "elu":
        names.append("Elu")
        alphas.append(1)
      case "hard_sigmoid":
        names.append("HardSigmoid")
        alphas.append(k.majorVersion >= 3 ? 1.0 / 6 : 0.2)
        betas.append(0.5)
      case let name: throw k.unsupported("activation \(name) in a recurrent layer")
      }
    }
    if kind != .rnn { try add(config["recurrent_activation"], "sigmoid") }
    try add(config["activation"], "tanh")
    if kind == .lstm { try add(config["activation"], "tanh") }
    attributes["activations"] = .strings(names)
    if !alphas.isEmpty { attributes["activation_alpha"] = .floats(alphas) }
    if !betas.isEmpty { attributes["activation_beta"] = .floats(betas) }
  }

  /// Weights [in, gates · units] as rows [1, gates · units, in] in the order of ONNX.
  private static func rows(_ weights: Tensor, _ kind: KerasRecurrentKind, _ units: Int) -> Tensor {
    let (size, columns) = (weights.shape[0], weights.shape[1])
    let source = weights.elements(as: Float.self)
    var target: [Float] = []
    target.reserveCapacity(source.count)
    for gate in kind.gates {
      for unit in 0..<units {
        for input in 0..<size { target.append(source[input * columns + gate * units + unit]) }
      }
    }
    return Tensor(target, shape: [1, columns, size])
  }

  /// Biases of inputs, or of inputs and states, as [1, 2 · gates · units] in the order of ONNX.
  private static func biases(
    _ bias: Tensor, _ kind: KerasRecurrentKind, _ units: Int
  ) throws(MRDLError) -> Tensor {
    let count = kind.gates.count * units
    let source = bias.elements(as: Float.self)
    guard source.count == count || source.count == 2 * count else {
      throw MRDLError(
        .badKeras, "the biases of a layer do not fit its units", found: "\(source.count)",
        expected: "\(count)")
    }
    var target = [Float](repeating: 0, count: 2 * count)
    for half in 0..<(source.count / count) {
      for (place, gate) in kind.gates.enumerated() {
        for unit in 0..<units {
          target[half * count + place * units + unit] = source[half * count + gate * units + unit]
        }
      }
    }
    return Tensor(target, shape: [1, 2 * count])
  }
}

internal import MRDLCore
internal import MRDLModel

extension KerasLayers {
  /// A layer over the steps of a sequence: its cell, the order of the steps, and what it returns.
  static func recurrent(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let config = layer.config
    let (input, states) = inputAndStates(layer, x)
    let result = try recurrence(
      layer.className, config, of: layer, part: [], half: nil, input, states, prepends: false,
      zeroesMasked: config.flag("zero_output_for_mask"), &k)
    return [result.output] + (config.flag("return_state") ? result.states : [])
  }

  /// The sequence and the states that a call gives, which Keras 2 lists behind the sequence.
  private static func inputAndStates(
    _ layer: KerasLayer, _ x: [KerasValue]
  ) -> (input: KerasValue, states: [KerasValue]) {
    let named = layer.namedValues["initial_state"]?.compactMap { $0 } ?? []
    return (x[0], named.isEmpty ? Array(x.dropFirst()) : named)
  }

  static func bidirectional(
    _ layer: KerasLayer, _ x: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    guard let forward = layer.config["layer"], let className = forward["class_name"]?.text,
      let config = forward["config"]
    else { throw k.unsupported("Bidirectional of nothing") }
    let backward = layer.config["backward_layer"]
    let (input, states) = inputAndStates(layer, x)
    let returnsSequences = config.flag("return_sequences")
    var halves: [(output: KerasValue, states: [KerasValue])] = []
    for half in 0...1 {
      var inner = config
      if half == 1 {
        inner =
          backward?["config"]
          ?? config.with([("go_backwards", .bool(!config.flag("go_backwards")))])
      }
      let count = states.count / 2
      halves.append(
        try recurrence(
          half == 1 ? backward?["class_name"]?.text ?? className : className, inner, of: layer,
          part: [half == 0 ? "forward_layer" : "backward_layer"], half: half, input,
          Array(states[(half * count)..<((half + 1) * count)]),
          prepends: half == 1 && returnsSequences,
          zeroesMasked: k.origin.zeroesMaskedSteps && returnsSequences, &k))
    }
    let outputs = halves.map(\.output)
    var results: [KerasValue]
    if layer.config.value["merge_mode"] == .null {
      results = outputs
    } else {
      switch layer.config.text("merge_mode", default: "concat") {
      case "concat":
        var extents = outputs[0].extents
        let axis = extents.count - 1
        guard outputs[1].extents.count == extents.count else {
          throw MRDLError(
            .badKeras, "the two halves of a layer give results of different ranks",
            found: Quantity.count(outputs[1].extents.count, "axis"),
            expected: "\(extents.count)")
        }
        extents[axis] = extents[axis].flatMap { a in outputs[1].extents[axis].map { a + $0 } }
        results = [
          k.emit(
            "Concat", outputs.map(\.name), attributes: ["axis": .integer(Int64(axis))],
            extents: extents)
        ]
      case "sum": results = try merge("Add", layer, outputs, &k)
      case "mul": results = try merge("Mul", layer, outputs, &k)
      case "ave": results = try merge("Mean", layer, outputs, &k)
      case let mode: throw k.unsupported("merge_mode \(mode)")
      }
    }
    for index in results.indices { results[index].mask = returnsSequences ? input.mask : nil }
    return results + (config.flag("return_state") ? halves.flatMap(\.states) : [])
  }

  /// Runs a recurrent layer, or one of the two inside Bidirectional.
  ///
  /// - Parameters:
  ///   - layer: the layer whose weights these are.
  ///   - half: which direction this is, where the layer has two.
  ///   - prepends: whether outputs stand in the opposite order to that in which they are made.
  private static func recurrence(
    _ className: String, _ config: KerasObject, of layer: KerasLayer, part: [String], half: Int?,
    _ x: KerasValue, _ states: [KerasValue], prepends: Bool, zeroesMasked: Bool,
    _ k: inout KerasImporter
  ) throws(MRDLError) -> (output: KerasValue, states: [KerasValue]) {
    if config.flag("stateful") { throw k.unsupported("states that outlive a call") }
    if config.flag("time_major") { throw k.unsupported("steps before the batch") }
    let isReverse = config.flag("go_backwards")
    let share = half.map { WeightShare.portion($0, of: 2) }
    let part = part + ["cell"]
    let returnsSequences = config.flag("return_sequences")
    func finish(
      _ sequence: @autoclosure () -> KerasValue, _ last: @autoclosure () -> KerasValue,
      _ states: [KerasValue]
    ) -> (output: KerasValue, states: [KerasValue]) {
      var output = returnsSequences ? sequence() : last()
      if returnsSequences { output.mask = x.mask }
      return (output, states)
    }
    func scan(_ cell: any KerasCell) -> KerasRecurrence {
      KerasRecurrence(
        cell: cell, isReverse: isReverse, prepends: prepends, zeroesMasked: zeroesMasked)
    }

    if let rank = convolutionRank(className) {
      try check(x, rank + 1, k)
      let isFirst = config.text("data_format", default: "channels_last") == "channels_first"
      let weights = try k.weights(layer, count: 2...3, part: part, share: share)
      // [N, T, C, spatial…]
      let places = Array(2..<(rank + 2))
      var input = isFirst ? x : k.transpose(x, [0, 1, rank + 2] + places)
      input.mask = x.mask
      let cell = try ConvolutionalKerasCell(
        config, weights, rank: rank, spatial: Array(input.extents[3...]), k)
      let starts = states.map { isFirst ? $0 : k.channelsFirst($0) }
      let (sequence, last, final) = try scan(cell).emit(input, initial: starts, &k)
      func back(_ value: KerasValue) -> KerasValue { isFirst ? value : k.channelsLast(value) }
      return finish(
        isFirst ? sequence : k.transpose(sequence, [0, 1] + Array(3..<(rank + 3)) + [2]),
        back(last), config.flag("return_state") ? final.map { back($0) } : [])
    }

    guard x.rank == 3 else {
      throw MRDLError(
        .badKeras, "the input of a layer has another number of axes", found: "\(x.rank)",
        expected: "3")
    }
    var kind = KerasRecurrentKind(className: className)
    var cellConfig = config
    if className == "RNN" {
      guard let cell = config["cell"], let name = cell["class_name"]?.text,
        let inner = cell["config"]
      else { throw k.unsupported("RNN of nothing") }
      if name == "StackedRNNCells" {
        let cells = try stackedCells(inner, of: layer, part: part, half: half, &k)
        let (sequence, last, final) = try scan(cells).emit(x, initial: states, &k)
        return finish(sequence, last, final)
      }
      kind = KerasRecurrentKind(cellName: name)
      cellConfig = inner
    }
    guard let kind else { throw k.unsupported("a recurrent layer of \(className)") }
    let weights = try k.weights(layer, count: 2...3, part: part, share: share)
    guard x.mask == nil, let activations = KerasGateActivations(kind, cellConfig, k) else {
      let cell = try GatedKerasCell(kind, cellConfig, weights, &k)
      let (sequence, last, final) = try scan(cell).emit(x, initial: states, &k)
      return finish(sequence, last, final)
    }
    let outputs = try emit(
      kind, cellConfig, weights, activations, x, states, isReverse: isReverse, &k)
    let units = try cellConfig.required("units")
    let extents = [x.extents[0], units]
    func squeezed(_ name: String, _ axis: Int, _ extents: [Int?]) -> KerasValue {
      k.emit("Squeeze", [name, k.integers([axis])], extents: extents)
    }
    func sequence() -> KerasValue {
      // The operator keeps the steps of the input.
      let y = squeezed(outputs[0], 2, [x.extents[0], x.extents[1], units])
      return isReverse == prepends ? y : reversedSteps(y, &k)
    }
    return finish(
      sequence(), squeezed(outputs[1], 1, extents),
      config.flag("return_state")
        ? outputs.dropFirst().map { squeezed($0, 1, extents) } : [])
  }

  private static func reversedSteps(_ y: KerasValue, _ k: inout KerasImporter) -> KerasValue {
    k.emit(
      "Slice",
      [
        y.name, k.integers([-1], "starts"), k.add(Tensor([Int64.min]), "ends"), k.integers([1]),
        k.integers([-1], "steps"),
      ], extents: y.extents)
  }

  /// The number of spatial axes of a convolutional recurrent layer.
  private static func convolutionRank(_ className: String) -> Int? {
    ["ConvLSTM1D": 1, "ConvLSTM2D": 2, "ConvLSTM3D": 3][className]
  }

  private static func stackedCells(
    _ config: KerasObject, of layer: KerasLayer, part: [String], half: Int?,
    _ k: inout KerasImporter
  ) throws(MRDLError) -> StackedKerasCells {
    let descriptions = config["cells"]?.elements ?? []
    let counts = descriptions.map {
      $0["config"]?.flag("use_bias", default: true) ?? true ? 3 : 2
    }
    var objectCounts: [String: Int] = [:]
    var start = (half ?? 0) * counts.reduce(0, +)
    var cells: [any KerasCell] = []
    for (description, count) in zip(descriptions, counts) {
      guard let name = description["class_name"]?.text, let inner = description["config"],
        let kind = KerasRecurrentKind(cellName: name)
      else { throw k.unsupported("a stack of \(description["class_name"]?.text ?? "nothing")") }
      let base = KerasFile.objectName(name)
      let number = objectCounts[base, default: 0]
      objectCounts[base] = number + 1
      let weights = try k.weights(
        layer, count: count...count,
        part: part + ["cells", number == 0 ? base : "\(base)_\(number)"],
        share: .range(from: start, count: count))
      start += count
      cells.append(try GatedKerasCell(kind, inner, weights, &k))
    }
    guard !cells.isEmpty else { throw k.unsupported("a stack of no cells") }
    return StackedKerasCells(cells: cells)
  }

  /// A recurrent operator; its outputs are the sequence and the final states.
  private static func emit(
    _ kind: KerasRecurrentKind, _ config: KerasObject, _ weights: [Tensor],
    _ activations: KerasGateActivations, _ x: KerasValue, _ states: [KerasValue], isReverse: Bool,
    _ k: inout KerasImporter
  ) throws(MRDLError) -> [String] {
    let units = try kind.units(config, weights)
    let stateCount = kind == .lstm ? 2 : 1
    guard states.isEmpty || states.count == stateCount else {
      throw MRDLError(
        .badKeras, "a recurrent layer gets another number of states", found: "\(states.count)",
        expected: "\(stateCount)")
    }
    var inputs = [
      x.name, k.add(rows(weights[0], kind, units), "kernel"),
      k.add(rows(weights[1], kind, units), "recurrent_kernel"),
    ]
    if weights.count > 2 {
      inputs.append(k.add(try biases(weights[2], kind, units), "bias"))
    }
    if !states.isEmpty {
      while inputs.count < 5 { inputs.append("") }
      for state in states {
        inputs.append(k.emit("Unsqueeze", [state.name, k.integers([1])], outputCount: 1)[0])
      }
    }
    var attributes = activations.attributes
    attributes["hidden_size"] = .integer(Int64(units))
    attributes["layout"] = .integer(1)
    attributes["direction"] = .string(isReverse ? "reverse" : "forward")
    let hasTwoBiases = weights.count > 2 && weights[2].shape.rank == 2
    if kind == .gru, hasTwoBiases || (weights.count == 2 && config.flag("reset_after")) {
      attributes["linear_before_reset"] = .integer(1)
    }
    return k.emit(kind.rawValue, inputs, attributes: attributes, outputCount: stateCount + 1)
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

internal import MRDLCore
internal import MRDLInterchange
internal import MRDLModel
internal import MRDLOperators

extension KerasMaking {
  /// What a recurrent node asks for, as far as Keras has it.
  private struct Recurrence {
    let kind: KerasRecurrentKind
    let units: Int
    let kernels: Tensor
    let recurrentKernels: Tensor
    let biases: Tensor?
    let resetsAfter: Bool
    let activations: [String]

    /// The weights of one direction in the order of Keras: kernel, recurrent kernel, bias.
    func weights(direction: Int) throws(MRDLError) -> [KerasLayerRecord.Weight] {
      var weights = [
        KerasLayerRecord.Weight(
          part: "cell", name: "kernel", tensor: columns(kernels, direction)),
        KerasLayerRecord.Weight(
          part: "cell", name: "recurrent_kernel", tensor: columns(recurrentKernels, direction)),
      ]
      if let biases {
        let count = kind.gates.count * units
        let all = biases.elements(as: Float.self)
        let source = Array(all[(2 * direction * count)..<(2 * (direction + 1) * count)])
        var target = [Float](repeating: 0, count: 2 * count)
        for half in 0...1 {
          for (place, gate) in kind.gates.enumerated() {
            for unit in 0..<units {
              target[half * count + gate * units + unit] =
                source[half * count + place * units + unit]
            }
          }
        }
        let sum = (0..<count).map { target[$0] + target[count + $0] }
        weights.append(
          KerasLayerRecord.Weight(
            part: "cell", name: "bias",
            tensor: resetsAfter && kind == .gru
              ? Tensor(target, shape: [2, count]) : Tensor(sum)))
      }
      return weights
    }

    /// Rows [directions, gates · units, in] in the order of ONNX as weights [in, gates · units].
    private func columns(_ weights: Tensor, _ direction: Int) -> Tensor {
      let (rows, size) = (weights.shape[1], weights.shape[2])
      let all = weights.elements(as: Float.self)
      var target = [Float](repeating: 0, count: rows * size)
      for (place, gate) in kind.gates.enumerated() {
        for unit in 0..<units {
          for input in 0..<size {
            target[input * rows + gate * units + unit] =
              all[(direction * rows + place * units + unit) * size + input]
          }
        }
      }
      return Tensor(target, shape: [size, rows])
    }
  }

  /// Names of activations; those with numbers of their own are told by them.
  private static func activation(
    _ name: String, _ alpha: Double?, _ beta: Double?, _ k: KerasExporter
  ) throws(MRDLError) -> String {
    switch name.lowercased() {
    case "tanh": return "tanh"
    case "sigmoid": return "sigmoid"
    case "relu": return "relu"
    case "softsign": return "softsign"
    case "softplus": return "softplus"
    case "affine" where (alpha ?? 1) == 1 && (beta ?? 0) == 0: return "linear"
    case "elu" where (alpha ?? 1) == 1: return "elu"
    case "hardsigmoid" where abs((alpha ?? 0.2) - 1.0 / 6) < 1e-7 && (beta ?? 0.5) == 0.5:
      return "hard_sigmoid"
    default: throw k.refusal("the activation \(name) in a recurrent layer")
    }
  }

  private static func recurrence(
    _ kind: KerasRecurrentKind, _ node: Node, directionCount: Int, _ k: KerasExporter
  ) throws(MRDLError) -> Recurrence {
    guard let kernels = try k.constantInput(1, of: node)?.cast(to: .float32),
      let recurrent = try k.constantInput(2, of: node)?.cast(to: .float32)
    else { throw k.refusal("recurrent weights that are computed") }
    for (index, name) in node.inputs.enumerated() where index > 3 && !name.isEmpty {
      // A state that begins with zeros is what Keras does without one.
      guard index == 5 || index == 6, let state = try k.constant(name),
        try k.floats(state).allSatisfy({ $0 == 0 })
      else { throw k.refusal("lengths, states or peepholes of a recurrent node") }
    }
    guard node.attributes["clip"] == nil, integer(node, "input_forget", default: 0) == 0 else {
      throw k.refusal("clipping in a recurrent layer")
    }
    let standard: [String] =
      switch kind {
      case .rnn: ["Tanh"]
      case .gru: ["Sigmoid", "Tanh"]
      case .lstm: ["Sigmoid", "Tanh", "Tanh"]
      }
    var names = standard
    if case .strings(let given)? = node.attributes["activations"] {
      names = Array(given.prefix(standard.count))
      guard given.count % standard.count == 0,
        given.indices.allSatisfy({ given[$0] == names[$0 % standard.count] })
      else { throw k.refusal("directions with different activations") }
    }
    func numbers(_ key: String) -> [Double] {
      if case .floats(let values)? = node.attributes[key] { values } else { [] }
    }
    var (alphas, betas) = (numbers("activation_alpha")[...], numbers("activation_beta")[...])
    var activations: [String] = []
    for name in names {
      let takesAlpha = ["affine", "elu", "hardsigmoid"].contains(name.lowercased())
      let takesBeta = ["affine", "hardsigmoid"].contains(name.lowercased())
      activations.append(
        try activation(
          name, takesAlpha ? alphas.popFirst() : nil, takesBeta ? betas.popFirst() : nil, k))
    }
    guard kind != .lstm || activations[1] == activations[2] else {
      throw k.refusal("an LSTM with three activations")
    }
    return Recurrence(
      kind: kind, units: recurrent.shape[2], kernels: kernels, recurrentKernels: recurrent,
      biases: try k.constantInput(3, of: node)?.cast(to: .float32),
      resetsAfter: integer(node, "linear_before_reset", default: 0) == 1, activations: activations)
  }

  static func recurrent(
    _ kind: KerasRecurrentKind, _ node: Node, _ k: inout KerasExporter
  ) throws(MRDLError) {
    let direction = text(node, "direction", default: "forward")
    let directionCount = direction == "bidirectional" ? 2 : 1
    let recurrence = try recurrence(kind, node, directionCount: directionCount, k)
    let isBatchFirst = integer(node, "layout", default: 0) == 1
    let x = try k.value(node.inputs[0], isBatchFirst ? [0, 1, 2] : [1, 0, 2])
    var sequences: [KerasTensor] = []
    var states: [[KerasTensor]] = []
    let stateExtents: [Int?] = [x.extents[0], recurrence.units]
    let sequenceExtents: [Int?] = [x.extents[0], x.extents[1], recurrence.units]
    let needsSequence = (k.readerCounts[node.outputs[0]] ?? 0) > 0
    for index in 0..<directionCount {
      let isReverse = direction == "reverse" || index == 1
      var made = run(
        recurrence, name(node) + (index == 1 ? "_reverse" : ""), x, index, isReverse: isReverse,
        sequenceExtents, stateExtents, &k)
      var sequence = made.removeFirst()
      if isReverse && needsSequence {
        // Keras gives the steps in the order in which it made them.
        sequence = try k.emitOperation(
          "Flip", name(node) + "_flip", ["axis": .integer(1)], [.tensor(sequence)],
          outputs: [sequence.extents], type: sequence.scalarType)[0]
      }
      sequences.append(sequence)
      states.append(made)
    }
    // The axis of directions is the second of states and of sequences with the steps first, otherwise
    // the third.
    if directionCount == 1 {
      let sequence = KerasForms(sequences[0], permutation: isBatchFirst ? [0, 1, 2] : [1, 0, 2])
      k.define(node.outputs[0], withoutAxis: isBatchFirst ? 2 : 1, sequence)
      for (name, state) in zip(node.outputs.dropFirst(), states[0]) {
        k.define(name, withoutAxis: isBatchFirst ? 1 : 0, KerasForms(state))
      }
      return
    }
    func stacked(
      _ tensors: [KerasTensor], axis: Int, _ name: String
    ) throws(MRDLError) -> KerasTensor {
      var extents = tensors[0].extents
      extents.insert(tensors.count, at: axis)
      return try k.emitOperation(
        "Stack", name, ["axis": .integer(Int64(axis))], [.list(tensors)], outputs: [extents],
        type: tensors[0].scalarType)[0]
    }
    if needsSequence {
      // [N, T, D, H]; of the graph [N, T, D, H] or [T, D, N, H].
      let stack = try stacked(sequences, axis: 2, name(node) + "_stack")
      k.define(node.outputs[0], stack, permutation: isBatchFirst ? [0, 1, 2, 3] : [2, 0, 1, 3])
    }
    for (index, name) in node.outputs.dropFirst().enumerated()
    where (k.readerCounts[name] ?? 0) > 0 {
      let stack = try stacked(states.map { $0[index] }, axis: 1, name)
      k.define(name, stack, permutation: isBatchFirst ? [0, 1, 2] : [1, 0, 2])
    }
  }

  /// One direction: the sequence and the states.
  private static func run(
    _ recurrence: Recurrence, _ layer: String, _ x: KerasTensor, _ direction: Int,
    isReverse: Bool, _ sequenceExtents: [Int?], _ stateExtents: [Int?],
    _ k: inout KerasExporter
  ) -> [KerasTensor] {
    let weights: [KerasLayerRecord.Weight]
    do throws(MRDLError) {
      weights = try recurrence.weights(direction: direction)
    } catch {
      preconditionFailure("weights that were read before: \(error)")
    }
    let stateCount = recurrence.kind == .lstm ? 2 : 1
    let outputs = [sequenceExtents] + [[Int?]](repeating: stateExtents, count: stateCount)
    let last = recurrence.activations[recurrence.activations.count - 1]
    let hasBias = recurrence.biases != nil
    switch recurrence.kind {
    case .rnn:
      return k.emit(
        "SimpleRNN", layer,
        [
          "units": .integer(Int64(recurrence.units)), "activation": .string(last),
          "use_bias": .bool(hasBias), "return_sequences": .bool(true),
          "return_state": .bool(true), "go_backwards": .bool(isReverse),
        ], [x], weights: weights, outputs: outputs)
    case .gru:
      return k.emit(
        "GRU", layer,
        [
          "units": .integer(Int64(recurrence.units)), "activation": .string(last),
          "recurrent_activation": .string(recurrence.activations[0]), "use_bias": .bool(hasBias),
          "reset_after": .bool(recurrence.resetsAfter), "return_sequences": .bool(true),
          "return_state": .bool(true), "go_backwards": .bool(isReverse),
        ], [x], weights: weights, outputs: outputs)
    case .lstm:
      return k.emit(
        "LSTM", layer,
        [
          "units": .integer(Int64(recurrence.units)), "activation": .string(last),
          "recurrent_activation": .string(recurrence.activations[0]), "use_bias": .bool(hasBias),
          "return_sequences": .bool(true), "return_state": .bool(true),
          "go_backwards": .bool(isReverse),
        ], [x], weights: weights, outputs: outputs)
    }
  }
}

internal import MRDLCore

/// What a recurrent layer does at one step: the cells of Keras, made of ordinary operators.
protocol KerasCell {
  /// The extents of each state, without the batch.
  var stateExtents: [[Int]] { get }

  /// Which state is also the output of the step.
  var outputState: Int { get }

  /// Makes one step.
  ///
  /// - Parameters:
  ///   - x: the input of the step, the batch first.
  ///   - states: the states before it.
  /// - Returns: the states after it.
  func step(
    _ x: KerasValue, _ states: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue]
}

/// SimpleRNNCell, GRUCell and LSTMCell with any activation.
struct GatedKerasCell: KerasCell {
  let kind: KerasRecurrentKind
  let units: Int
  private let config: KerasObject
  private let kernel: String
  private let recurrentKernel: String
  /// The part of the recurrent kernel that a GRU applies after it has reset its state.
  private let candidateKernel: String
  private let bias: String?
  private let recurrentBias: String?
  private let resetsAfter: Bool

  /// - Parameter weights: kernel [in, gates · units], recurrent kernel [units, gates · units], and maybe
  ///   the bias, or two of them.
  init(
    _ kind: KerasRecurrentKind, _ config: KerasObject, _ weights: [Tensor],
    _ k: inout KerasImporter
  ) throws(MRDLError) {
    let units = try kind.units(config, weights)
    let width = kind.gates.count * units
    let hasTwoBiases = weights.count > 2 && weights[2].shape.rank == 2
    let resetsAfter =
      kind == .gru && (hasTwoBiases || (weights.count == 2 && config.flag("reset_after")))
    let rows = weights[1].elements(as: Float.self)
    func columns(_ range: Range<Int>) -> Tensor {
      Tensor(
        (0..<units).flatMap { row in
          rows[(row * width + range.lowerBound)..<(row * width + range.upperBound)]
        },
        shape: [units, range.count])
    }
    let isSplit = kind == .gru && !resetsAfter
    recurrentKernel = k.add(isSplit ? columns(0..<(2 * units)) : weights[1], "recurrent_kernel")
    candidateKernel = isSplit ? k.add(columns((2 * units)..<width), "candidate_kernel") : ""
    kernel = k.add(weights[0], "kernel")
    let biases = weights.count > 2 ? weights[2].elements(as: Float.self) : []
    guard biases.count == (weights.count > 2 ? (hasTwoBiases ? 2 : 1) * width : 0) else {
      throw MRDLError(
        .badKeras, "the biases of a layer do not fit its units", found: "\(biases.count)",
        expected: "\(width)")
    }
    bias =
      biases.isEmpty ? nil : k.add(Tensor(Array(biases[..<width]), shape: [width]), "bias")
    recurrentBias =
      hasTwoBiases ? k.add(Tensor(Array(biases[width...]), shape: [width]), "recurrent_bias") : nil
    self.kind = kind
    self.config = config
    self.units = units
    self.resetsAfter = resetsAfter
  }

  var stateExtents: [[Int]] { [[Int]](repeating: [units], count: kind == .lstm ? 2 : 1) }
  var outputState: Int { 0 }

  func step(
    _ x: KerasValue, _ states: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let count = kind.gates.count
    let fromInput = product(x, kernel, bias, count * units, &k)
    let h = states[0]
    switch kind {
    case .rnn:
      let fromState = product(h, recurrentKernel, nil, units, &k)
      let sum = k.emit("Add", [fromInput.name, fromState.name], extents: fromInput.extents)
      return [try KerasLayers.apply(config.activation("activation", default: "tanh"), to: sum, &k)]
    case .lstm:
      let fromState = product(h, recurrentKernel, nil, count * units, &k)
      let sum = k.emit("Add", [fromInput.name, fromState.name], extents: fromInput.extents)
      return try KerasLayers.longShortTermMemory(
        k.split(sum, into: count, axis: 1), states[1], config, &k)
    case .gru:
      return [try gatedUnit(fromInput, h, &k)]
    }
  }

  /// Cho et al. 2014, with the reset gate before or behind the product.
  private func gatedUnit(
    _ fromInput: KerasValue, _ h: KerasValue, _ k: inout KerasImporter
  ) throws(MRDLError) -> KerasValue {
    let inputs = k.split(fromInput, into: 3, axis: 1)
    let states: [KerasValue]
    if resetsAfter {
      states = k.split(
        product(h, recurrentKernel, recurrentBias, 3 * units, &k), into: 3, axis: 1)
    } else {
      states = k.split(product(h, recurrentKernel, nil, 2 * units, &k), into: 2, axis: 1)
    }
    var gates: [KerasValue] = []
    for index in 0..<2 {
      let sum = k.emit("Add", [inputs[index].name, states[index].name], extents: h.extents)
      gates.append(
        try KerasLayers.apply(
          config.activation("recurrent_activation", default: "sigmoid"), to: sum, &k))
    }
    let candidate: KerasValue
    if resetsAfter {
      candidate = k.emit("Mul", [gates[1].name, states[2].name], extents: h.extents)
    } else {
      let reset = k.emit("Mul", [gates[1].name, h.name], extents: h.extents)
      candidate = product(reset, candidateKernel, nil, units, &k)
    }
    let sum = k.emit("Add", [inputs[2].name, candidate.name], extents: h.extents)
    let new = try KerasLayers.apply(config.activation("activation", default: "tanh"), to: sum, &k)
    let kept = k.emit("Mul", [gates[0].name, h.name], extents: h.extents)
    let rest = k.emit("Sub", [k.number(1, "one"), gates[0].name], extents: h.extents)
    let added = k.emit("Mul", [rest.name, new.name], extents: h.extents)
    return k.emit("Add", [kept.name, added.name], extents: h.extents)
  }

  private func product(
    _ x: KerasValue, _ weights: String, _ bias: String?, _ width: Int, _ k: inout KerasImporter
  ) -> KerasValue {
    k.emit("Gemm", [x.name, weights] + (bias.map { [$0] } ?? []), extents: [x.extents[0], width])
  }
}

/// The cell of ConvLSTM1D to 3D (Shi et al. 2015, without peepholes), the channels first.
struct ConvolutionalKerasCell: KerasCell {
  let stateExtents: [[Int]]
  private let config: KerasObject
  private let weights: [Tensor]
  private let inputRule: KerasLayers.WindowRule
  private let stateRule: KerasLayers.WindowRule

  /// - Parameters:
  ///   - weights: kernels [spatial…, in, 4 · filters] of input and state, and maybe the bias.
  ///   - spatial: the spatial extents of the input.
  init(
    _ config: KerasObject, _ weights: [Tensor], rank: Int, spatial: [Int?], _ k: KerasImporter
  ) throws(MRDLError) {
    self.config = config
    self.weights = weights
    inputRule = try KerasLayers.rule(config, rank)
    let ones = [Int](repeating: 1, count: rank)
    stateRule = try KerasLayers.WindowRule(
      kernel: inputRule.kernel, strides: ones, dilations: ones, padding: "same")
    guard weights.count > 1, weights[1].shape.rank == rank + 2 else {
      throw MRDLError(.badKeras, "the weights of a layer do not fit")
    }
    let extents = inputRule.output(spatial).compactMap { $0 }
    guard extents.count == rank else {
      throw k.unsupported("a ConvLSTM over pictures of unknown size")
    }
    let filters = weights[1].shape[rank]
    guard weights[0].shape.rank == rank + 2, weights[0].shape[rank + 1] == 4 * filters,
      weights[1].shape[rank + 1] == 4 * filters
    else {
      throw MRDLError(
        .badKeras, "the weights of a layer do not fit its filters", found: "\(weights[0].shape)")
    }
    stateExtents = [[Int]](repeating: [filters] + extents, count: 2)
  }

  var outputState: Int { 0 }

  func step(
    _ x: KerasValue, _ states: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let fromInput = try KerasLayers.convolve(
      x, weights[0], weights.count > 2 ? weights[2] : nil, groups: 1, inputRule,
      isChannelsFirst: true, &k)
    let fromState = try KerasLayers.convolve(
      states[0], weights[1], nil, groups: 1, stateRule, isChannelsFirst: true, &k)
    let sum = k.emit("Add", [fromInput.name, fromState.name], extents: fromInput.extents)
    return try KerasLayers.longShortTermMemory(
      k.split(sum, into: 4, axis: 1), states[1], config, &k)
  }
}

/// Cells one behind the other, each with states of its own.
struct StackedKerasCells: KerasCell {
  let cells: [any KerasCell]

  var stateExtents: [[Int]] { cells.flatMap(\.stateExtents) }

  var outputState: Int {
    guard let last = cells.last else { return 0 }
    return stateExtents.count - last.stateExtents.count + last.outputState
  }

  func step(
    _ x: KerasValue, _ states: [KerasValue], _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    var rest = states[...]
    var input = x
    var all: [KerasValue] = []
    for cell in cells {
      let new = try cell.step(input, Array(rest.prefix(cell.stateExtents.count)), &k)
      rest = rest.dropFirst(cell.stateExtents.count)
      input = new[cell.outputState]
      all += new
    }
    return all
  }
}

extension KerasLayers {
  /// The gates i, f, c and o before their activations, and the carried state, to the new states h and c
  /// (Hochreiter and Schmidhuber 1997 with the forget gate).
  static func longShortTermMemory(
    _ gates: [KerasValue], _ carried: KerasValue, _ config: KerasObject,
    _ k: inout KerasImporter
  ) throws(MRDLError) -> [KerasValue] {
    let recurrent = config.activation("recurrent_activation", default: "sigmoid")
    let activation = config.activation("activation", default: "tanh")
    let input = try apply(recurrent, to: gates[0], &k)
    let forget = try apply(recurrent, to: gates[1], &k)
    let candidate = try apply(activation, to: gates[2], &k)
    let output = try apply(recurrent, to: gates[3], &k)
    let kept = k.emit("Mul", [forget.name, carried.name], extents: carried.extents)
    let added = k.emit("Mul", [input.name, candidate.name], extents: carried.extents)
    let cell = k.emit("Add", [kept.name, added.name], extents: carried.extents)
    let bent = try apply(activation, to: cell, &k)
    return [k.emit("Mul", [output.name, bent.name], extents: carried.extents), cell]
  }
}

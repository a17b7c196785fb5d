internal import MRDLCore

/// One run of a `Recurrence`.
struct RecurrentRun<Scalar: TensorElement & BinaryFloatingPoint> {
  private let recurrence: Recurrence
  private let buffers: Recurrence.Buffers
  private let threadLimit: Int
  private let hidden: Int
  private let batch: Int
  private let width: Int
  private let inputGates: UnsafeMutablePointer<Scalar>
  private let gates: UnsafeMutablePointer<Scalar>
  private let state: UnsafeMutablePointer<Scalar>
  private let cell: UnsafeMutablePointer<Scalar>
  private let scratch: UnsafeMutablePointer<Scalar>
  private let bias: UnsafeMutablePointer<Scalar>
  private let productWorkspace: UnsafeMutableRawPointer

  init(_ recurrence: Recurrence, _ buffers: Recurrence.Buffers, _ threadLimit: Int) {
    self.recurrence = recurrence
    self.buffers = buffers
    self.threadLimit = threadLimit
    hidden = recurrence.layout.hiddenSize
    batch = recurrence.layout.batch
    width = recurrence.gateWidth
    let parts = recurrence.parts
    let base = buffers.workspace.assumingMemoryBound(to: Scalar.self)
    inputGates = base + parts.inputGates
    gates = base + parts.gates
    state = base + parts.state
    cell = base + parts.cell
    scratch = base + parts.scratch
    bias = base + parts.bias
    productWorkspace = UnsafeMutableRawPointer(base + parts.product)
  }

  func run() {
    prepareBias()
    load(buffers.initialState, into: state)
    load(buffers.initialCell, into: cell)
    recurrence.inputProduct.run(
      left: buffers.input, right: buffers.inputWeights, output: inputGates,
      columnBias: buffers.biases == nil ? nil : UnsafeRawPointer(bias),
      workspace: productWorkspace, threadLimit: threadLimit)
    for step in 0..<recurrence.layout.length { run(step: step) }
    store(state, to: buffers.lastState)
    store(cell, to: buffers.lastCell)
  }

  /// The sums of the biases of inputs and states, except where the reset gate comes between.
  private func prepareBias() {
    guard let biases = buffers.biases?.assumingMemoryBound(to: Scalar.self) else { return }
    var summed = width
    if case .gru(linearBeforeReset: true) = recurrence.cell { summed = 2 * hidden }
    for index in 0..<width {
      bias[index] = index < summed ? biases[index] + biases[width + index] : biases[index]
    }
  }

  private func load(_ source: UnsafeRawPointer?, into target: UnsafeMutablePointer<Scalar>) {
    guard let source = source?.assumingMemoryBound(to: Scalar.self) else {
      for index in 0..<(batch * hidden) { target[index] = 0 }
      return
    }
    for index in 0..<batch {
      let row = recurrence.layout.stateRow(batch: index, direction: recurrence.direction)
      (target + index * hidden).update(from: source + row * hidden, count: hidden)
    }
  }

  private func store(_ source: UnsafeMutablePointer<Scalar>, to target: UnsafeMutableRawPointer?) {
    guard let target = target?.assumingMemoryBound(to: Scalar.self) else { return }
    for index in 0..<batch {
      let row = recurrence.layout.stateRow(batch: index, direction: recurrence.direction)
      (target + row * hidden).update(from: source + index * hidden, count: hidden)
    }
  }

  private func length(_ index: Int) -> Int {
    buffers.lengths.map { Int($0[index]) } ?? recurrence.layout.length
  }

  // MARK: One step

  private func run(step: Int) {
    let layout = recurrence.layout
    for index in 0..<batch where step < length(index) {
      let time = recurrence.isReverse ? length(index) - 1 - step : step
      (gates + index * width).update(
        from: inputGates + layout.inputRow(step: time, batch: index) * width, count: width)
    }
    multiply(recurrence.stateProduct, state, into: gates)
    switch recurrence.cell {
    case .rnn: forEachSequence(at: step) { updateRNN($0) }
    case .lstm(let couplesForget):
      forEachSequence(at: step) { updateLSTM($0, couplesForget: couplesForget) }
    case .gru(let linearBeforeReset): updateGRU(step, linearBeforeReset: linearBeforeReset)
    }
    guard let output = buffers.output?.assumingMemoryBound(to: Scalar.self) else { return }
    forEachSequence(at: step) { index in
      let time = recurrence.isReverse ? length(index) - 1 - step : step
      let row = layout.outputRow(step: time, batch: index, direction: recurrence.direction)
      (output + row * hidden).update(from: state + index * hidden, count: hidden)
    }
  }

  @inline(__always)
  private func forEachSequence(at step: Int, _ body: (Int) -> Void) {
    for index in 0..<batch where step < length(index) { body(index) }
  }

  private func multiply(
    _ product: MatrixProduct, _ left: UnsafeMutablePointer<Scalar>,
    firstRow: Int = 0, into output: UnsafeMutablePointer<Scalar>, bias: UnsafeRawPointer? = nil
  ) {
    product.run(
      left: left,
      right: buffers.recurrentWeights.assumingMemoryBound(to: Scalar.self) + firstRow * hidden,
      output: output, columnBias: bias, workspace: productWorkspace, threadLimit: threadLimit)
  }

  /// Bounds and activates one gate.
  private func activate(_ gate: UnsafeMutablePointer<Scalar>, _ activation: Int) {
    if let clip = recurrence.clip {
      let bound = Scalar(clip)
      for index in 0..<hidden { gate[index] = min(max(gate[index], -bound), bound) }
    }
    recurrence.activations[activation].apply(gate, count: hidden)
  }

  private func updateRNN(_ index: Int) {
    let gate = gates + index * width
    activate(gate, 0)
    (state + index * hidden).update(from: gate, count: hidden)
  }

  private func updateLSTM(_ index: Int, couplesForget: Bool) {
    let input = gates + index * width
    let (output, forget, candidate) = (input + hidden, input + 2 * hidden, input + 3 * hidden)
    let (h, c) = (state + index * hidden, cell + index * hidden)
    let peepholes = buffers.peepholes?.assumingMemoryBound(to: Scalar.self)
    if let peepholes {
      for k in 0..<hidden {
        input[k] += peepholes[k] * c[k]
        forget[k] += peepholes[2 * hidden + k] * c[k]
      }
    }
    activate(input, 0)
    if couplesForget {
      for k in 0..<hidden { forget[k] = 1 - input[k] }
    } else {
      activate(forget, 0)
    }
    activate(candidate, 1)
    for k in 0..<hidden { c[k] = forget[k] * c[k] + input[k] * candidate[k] }
    if let peepholes {
      for k in 0..<hidden { output[k] += peepholes[hidden + k] * c[k] }
    }
    activate(output, 0)
    h.update(from: c, count: hidden)
    recurrence.activations[2].apply(h, count: hidden)
    for k in 0..<hidden { h[k] *= output[k] }
  }

  private func updateGRU(_ step: Int, linearBeforeReset: Bool) {
    forEachSequence(at: step) { index in
      let update = gates + index * width
      activate(update, 0)
      activate(update + hidden, 0)
    }
    guard let product = recurrence.candidateProduct else { return }
    if linearBeforeReset {
      let biases = buffers.biases?.assumingMemoryBound(to: Scalar.self)
      multiply(
        product, state, firstRow: 2 * hidden, into: scratch,
        bias: biases.map { UnsafeRawPointer($0 + width + 2 * hidden) })
      forEachSequence(at: step) { index in
        let gate = gates + index * width
        for k in 0..<hidden {
          gate[2 * hidden + k] += gate[hidden + k] * scratch[index * hidden + k]
        }
      }
    } else {
      for index in 0..<batch {
        let reset = gates + index * width + hidden
        for k in 0..<hidden {
          scratch[index * hidden + k] = reset[k] * state[index * hidden + k]
        }
      }
      multiply(product, scratch, firstRow: 2 * hidden, into: gates + 2 * hidden)
    }
    forEachSequence(at: step) { index in
      let update = gates + index * width
      let candidate = update + 2 * hidden
      activate(candidate, 1)
      let h = state + index * hidden
      for k in 0..<hidden { h[k] = (1 - update[k]) * candidate[k] + update[k] * h[k] }
    }
  }
}

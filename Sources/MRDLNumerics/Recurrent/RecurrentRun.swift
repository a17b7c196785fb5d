internal import MRDLCore

/// One run of a `Recurrence`.
struct RecurrentRun<Scalar: KernelScalar> {
  private let recurrence: Recurrence
  private let buffers: Recurrence.Buffers
  private let threadLimit: Int
  private let base: UnsafeMutablePointer<Scalar>
  private let parts: Recurrence.Parts

  init(_ recurrence: Recurrence, _ buffers: Recurrence.Buffers, _ threadLimit: Int) {
    self.recurrence = recurrence
    self.buffers = buffers
    self.threadLimit = threadLimit
    base = buffers.workspace.assumingMemoryBound(to: Scalar.self)
    parts = recurrence.parts
  }

  private var weights: RecurrentWeights { recurrence.weights }

  /// The biases in the order of columns, once they are packed.
  private var biases: UnsafePointer<Scalar>? {
    guard let given = buffers.biases else { return nil }
    return recurrence.biasesArePacked
      ? given.assumingMemoryBound(to: Scalar.self) : UnsafePointer(base + parts.bias)
  }

  func run() {
    let layout = recurrence.layout
    guard layout.batch > 0, layout.hiddenSize > 0 else { return }
    // A unit is the work of one piece, so the pieces may follow the threads: a stretch of weights for each.
    let pieceCount = WorkerPool.limit(
      threadLimit, slots: min(WorkerPool.size, recurrence.stepPieceCount))
    let blockStep = (weights.blockCount + pieceCount - 1) / pieceCount
    let steps = self.steps()
    load(buffers.initialState, into: base + parts.states.0)
    // The places behind the last unit are read, and must be numbers.
    (base + parts.states.1).update(repeating: 0, count: layout.batch * weights.width)
    if let cell = steps.cell { load(buffers.initialCell, into: cell) }
    multiplyInputs()
    withUnsafePointer(to: Scalar.arguments(of: steps)) { arguments in
      let work = StepPieces(
        steps: arguments, blockCount: weights.blockCount, blockStep: blockStep,
        phaseCount: steps.update == nil ? 1 : 2)
      WorkerPool.run(
        work, phases: layout.length * work.phaseCount, count: work.pieceCount,
        threadLimit: threadLimit)
    }
    let last = layout.length % 2 == 0 ? parts.states.0 : parts.states.1
    store(base + last, to: buffers.lastState)
    if let cell = steps.cell { store(cell, to: buffers.lastCell) }
  }

  // MARK: Preparation

  private func multiplyInputs() {
    var inputWeights = buffers.inputWeights
    if !recurrence.inputWeightsArePacked {
      weights.order(
        .input, inputWeights.assumingMemoryBound(to: Scalar.self), into: base + parts.inputWeights)
      inputWeights = UnsafeRawPointer(base + parts.inputWeights)
    }
    if let given = buffers.biases, !recurrence.biasesArePacked {
      weights.order(
        .biases, given.assumingMemoryBound(to: Scalar.self), into: base + parts.bias)
    }
    recurrence.inputProduct.run(
      left: buffers.input, right: inputWeights, output: base + parts.inputs,
      columnBias: biases.map { UnsafeRawPointer($0) }, workspace: base + parts.product,
      threadLimit: threadLimit)
  }

  private func steps() -> RecurrentSteps<Scalar> {
    let layout = recurrence.layout
    var recurrentWeights = buffers.recurrentWeights.assumingMemoryBound(to: Scalar.self)
    if !recurrence.recurrentWeightsArePacked {
      weights.order(.recurrent, recurrentWeights, into: base + parts.recurrentWeights)
      recurrentWeights = UnsafePointer(base + parts.recurrentWeights)
    }
    var steps = RecurrentSteps<Scalar>(
      recurrence: recurrence, lengths: buffers.lengths, inputs: base + parts.inputs,
      weights: recurrentWeights, states: (base + parts.states.0, base + parts.states.1))
    switch recurrence.cell {
    case .rnn: break
    case .gru(linearBeforeReset: true):
      steps.candidateBias = biases.map { $0 + weights.columnCount }
    case .gru(linearBeforeReset: false):
      steps.update = base + parts.update
      steps.resetState = base + parts.resetState
    case .lstm:
      steps.cell = base + parts.cell
      if let peepholes = buffers.peepholes {
        weights.orderPeepholes(
          peepholes.assumingMemoryBound(to: Scalar.self), into: base + parts.peepholes)
        steps.peepholes = UnsafePointer(base + parts.peepholes)
      }
    }
    if let output = buffers.output?.assumingMemoryBound(to: Scalar.self) {
      let row = layout.outputRow(step: 0, batch: 0, direction: recurrence.direction)
      steps.output = output + row * layout.hiddenSize
    }
    return steps
  }

  private func load(_ source: UnsafeRawPointer?, into target: UnsafeMutablePointer<Scalar>) {
    let layout = recurrence.layout
    target.update(repeating: 0, count: layout.batch * weights.width)
    guard let source = source?.assumingMemoryBound(to: Scalar.self) else { return }
    for index in 0..<layout.batch {
      let row = layout.stateRow(batch: index, direction: recurrence.direction)
      (target + index * weights.width).update(
        from: source + row * layout.hiddenSize, count: layout.hiddenSize)
    }
  }

  private func store(_ source: UnsafeMutablePointer<Scalar>, to target: UnsafeMutableRawPointer?) {
    let layout = recurrence.layout
    guard let target = target?.assumingMemoryBound(to: Scalar.self) else { return }
    for index in 0..<layout.batch {
      let row = layout.stateRow(batch: index, direction: recurrence.direction)
      (target + row * layout.hiddenSize).update(
        from: source + index * weights.width, count: layout.hiddenSize)
    }
  }

  /// All steps, each in one or two phases, each of these in pieces of some blocks of units.
  private struct StepPieces: ParallelWork {
    let steps: UnsafePointer<Scalar.RecurrentArguments>
    let blockCount: Int
    let blockStep: Int
    let phaseCount: Int

    var pieceCount: Int { (blockCount + blockStep - 1) / blockStep }

    func run(index: Int, slot: Int) {
      let (phase, piece) = index.quotientAndRemainder(dividingBy: pieceCount)
      let first = piece * blockStep
      Scalar.advance(
        steps, step: phase / phaseCount, phase: phase % phaseCount,
        blocks: first..<min(first + blockStep, blockCount))
    }
  }
}

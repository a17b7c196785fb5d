package import MRDLCore
internal import MRDLNumerics

/// Runs the directions of a recurrent layer, side by side where that takes all threads that a step has work for.
struct RecurrentKernel: Kernel {
  private struct Direction {
    let recurrence: Recurrence
    /// The weights as the recurrence reads them; nil to take the inputs as they stand.
    let inputWeights: Storage?
    let recurrentWeights: Storage?
    let biases: Storage?
  }

  private let directions: [Direction]
  private let layout: Recurrence.Layout
  private let gateCount: Int
  private let elementByteCount: Int
  private let place: Place

  init(_ op: some RecurrentOperator, _ type: ScalarType, _ request: KernelRequest) {
    let options = op.options
    let x = request.inputShape(0)
    layout = Recurrence.Layout(
      length: x[options.isBatchFirst ? 1 : 0], batch: x[options.isBatchFirst ? 0 : 1],
      inputSize: x[2], hiddenSize: request.inputShape(2)[2],
      directionCount: options.directionCount, isBatchFirst: options.isBatchFirst)
    gateCount = op.cell.gateCount
    elementByteCount = type == .float32 ? 4 : 8
    place = request.place
    let layout = layout
    let rows = gateCount * layout.hiddenSize
    let sizes = (
      input: rows * layout.inputSize * elementByteCount,
      recurrent: rows * layout.hiddenSize * elementByteCount, biases: 2 * rows * elementByteCount
    )
    directions = (0..<options.directionCount).map { direction in
      let recurrence = Recurrence(
        type, op.cell, layout, direction: direction,
        isReverse: options.isReverse(direction: direction),
        activations: options.activations[direction], clip: options.clip,
        inputWeightsArePacked: request.filledConstant(1) != nil,
        recurrentWeightsArePacked: request.filledConstant(2) != nil,
        biasesArePacked: request.filledConstant(3) != nil)
      return Direction(
        recurrence: recurrence,
        inputWeights: request.packed(
          1, recurrence.packedWeightsLayout + "/W", recurrence.packedInputWeightsByteCount
        ) { recurrence.packInputWeights($0 + direction * sizes.input, into: $1) },
        recurrentWeights: request.packed(
          2, recurrence.packedWeightsLayout + "/R", recurrence.packedRecurrentWeightsByteCount
        ) { recurrence.packRecurrentWeights($0 + direction * sizes.recurrent, into: $1) },
        biases: request.packed(
          3, recurrence.packedWeightsLayout + "/B", recurrence.packedBiasesByteCount
        ) { recurrence.packBiases($0 + direction * sizes.biases, into: $1) })
    }
  }

  /// Each direction has a workspace of its own.
  var workspaceByteCount: Int { directions.count * workspaceStride }

  private var workspaceStride: Int {
    directions.reduce(0) { max($0, $1.recurrence.workspaceByteCount.roundedUp(toMultipleOf: 64)) }
  }

  var unreadInputs: [Int] {
    guard let first = directions.first else { return [] }
    return (first.inputWeights == nil ? [] : [1]) + (first.recurrentWeights == nil ? [] : [2])
      + (first.biases == nil ? [] : [3])
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let workspace = arguments.workspace.baseAddress
    else { return }
    let lengths = try arguments.sequenceLengths(upTo: layout.length, place)
    if lengths != nil {
      // Steps behind the end of a sequence are zeros.
      let output = arguments.outputBytes(0)
      output.baseAddress?.initializeMemory(as: UInt8.self, repeating: 0, count: output.count)
    }
    guard let first = buffers(0, arguments, input, workspace, lengths) else { return }
    guard directions.count == 2 else {
      return directions[0].recurrence.run(first, threadLimit: arguments.threadLimit)
    }
    guard let second = buffers(1, arguments, input, workspace + workspaceStride, lengths) else {
      return
    }
    let work = DirectionWork(
      recurrences: (directions[0].recurrence, directions[1].recurrence), buffers: (first, second),
      threadLimit: arguments.threadLimit)
    let threads = WorkerPool.limit(
      arguments.threadLimit, slots: min(WorkerPool.size, work.recurrences.0.stepPieceCount))
    WorkerPool.run(work, count: 2, threadLimit: threads > 2 ? 1 : arguments.threadLimit)
  }

  /// Both directions; within a call of the pool each runs on one thread.
  private struct DirectionWork: ParallelWork {
    let recurrences: (Recurrence, Recurrence)
    let buffers: (Recurrence.Buffers, Recurrence.Buffers)
    let threadLimit: Int

    func run(index: Int, slot: Int) {
      if index == 0 {
        recurrences.0.run(buffers.0, threadLimit: threadLimit)
      } else {
        recurrences.1.run(buffers.1, threadLimit: threadLimit)
      }
    }
  }

  /// The memory of a direction; nil where its weights have no elements.
  private func buffers(
    _ index: Int, _ arguments: borrowing KernelArguments, _ input: UnsafeRawPointer,
    _ workspace: UnsafeMutableRawPointer, _ lengths: UnsafePointer<Int32>?
  ) -> Recurrence.Buffers? {
    let direction = directions[index]
    let gates = gateCount * layout.hiddenSize * elementByteCount
    guard
      let inputWeights = direction.inputWeights.map({ UnsafeRawPointer($0.base) })
        ?? arguments.inputBytes(1).baseAddress.map({ $0 + index * gates * layout.inputSize }),
      let recurrentWeights = direction.recurrentWeights.map({ UnsafeRawPointer($0.base) })
        ?? arguments.inputBytes(2).baseAddress.map({ $0 + index * gates * layout.hiddenSize })
    else { return nil }
    var buffers = Recurrence.Buffers(
      input: input, inputWeights: inputWeights, recurrentWeights: recurrentWeights,
      workspace: workspace)
    buffers.lengths = lengths
    if let biases = direction.biases {
      buffers.biases = UnsafeRawPointer(biases.base)
    } else if arguments.hasInput(3) {
      buffers.biases = arguments.inputBytes(3).baseAddress.map { $0 + index * 2 * gates }
    }
    if arguments.hasInput(5) { buffers.initialState = arguments.inputBytes(5).baseAddress }
    if arguments.hasInput(6) { buffers.initialCell = arguments.inputBytes(6).baseAddress }
    if arguments.hasInput(7) {
      let peepholes = 3 * layout.hiddenSize * elementByteCount
      buffers.peepholes = arguments.inputBytes(7).baseAddress.map { $0 + index * peepholes }
    }
    if arguments.hasOutput(0) { buffers.output = arguments.outputBytes(0).baseAddress }
    if arguments.hasOutput(1) { buffers.lastState = arguments.outputBytes(1).baseAddress }
    if arguments.hasOutput(2) { buffers.lastCell = arguments.outputBytes(2).baseAddress }
    return buffers
  }
}

extension KernelRequest {
  /// A constant input with elements; nil where it is none.
  fileprivate func filledConstant(_ index: Int) -> Tensor? {
    constant(index).flatMap { $0.elementCount > 0 ? $0 : nil }
  }

  /// A constant input in a layout, packed once for all kernels; nil where the input is not constant.
  fileprivate func packed(
    _ index: Int, _ layout: String, _ byteCount: Int,
    _ pack: (UnsafeRawPointer, UnsafeMutableRawPointer) -> Void
  ) -> Storage? {
    guard let constant = filledConstant(index) else { return nil }
    return packedConstants.bytes(
      of: constant, layout: layout, byteCount: byteCount, pack)
  }
}

extension KernelArguments {
  /// The lengths of the sequences, input 4 of recurrent operators; nil where all are whole.
  ///
  /// - Throws: `MRDL4005` for a length that is negative or above the number of steps.
  package func sequenceLengths(
    upTo steps: Int, _ place: Place
  ) throws(MRDLError) -> UnsafePointer<Int32>? {
    guard hasInput(4) else { return nil }
    let lengths = input(4, as: Int32.self)
    for length in lengths where !(0...steps).contains(Int(length)) {
      throw MRDLError(
        .operatorFailed, "the length of a sequence is out of range", found: "\(length)",
        expected: "0 to \(steps)", at: place)
    }
    return lengths.baseAddress
  }
}

package import MRDLCore

/// One direction of a recurrent layer over a batch of sequences: RNN, GRU or LSTM.
///
/// The products of the inputs with their weights are computed for all steps at once; each step adds the
/// product of the state, a block of units at a time, and applies the gates to it in registers. Weights have
/// a row for each element of each gate, in the order of ONNX: LSTM i, o, f, c; GRU z, r, h.
package struct Recurrence: Sendable {
  /// How a state follows from the one before it.
  package enum Cell: Sendable, Hashable {
    /// H = f(X · Wᵀ + H · Rᵀ + b).
    case rnn
    /// Gated recurrent unit; the reset gate is applied to H, or to the product of H with its weights.
    case gru(linearBeforeReset: Bool)
    /// Long short-term memory; with coupled gates, what is not let in is forgotten.
    case lstm(couplesForget: Bool)

    package var gateCount: Int {
      switch self {
      case .rnn: 1
      case .gru: 3
      case .lstm: 4
      }
    }
  }

  /// The sizes of a layer and where its directions and batches lie.
  package struct Layout: Sendable, Hashable {
    package var length: Int
    package var batch: Int
    package var inputSize: Int
    package var hiddenSize: Int
    package var directionCount: Int
    /// Whether the batch is the first axis of inputs, outputs and states, instead of the steps.
    package var isBatchFirst: Bool

    package init(
      length: Int, batch: Int, inputSize: Int, hiddenSize: Int, directionCount: Int,
      isBatchFirst: Bool
    ) {
      self.length = length
      self.batch = batch
      self.inputSize = inputSize
      self.hiddenSize = hiddenSize
      self.directionCount = directionCount
      self.isBatchFirst = isBatchFirst
    }

    /// The row of a step of a sequence in the inputs.
    package func inputRow(step: Int, batch index: Int) -> Int {
      isBatchFirst ? index * length + step : step * batch + index
    }

    /// The row of a step of a sequence in the outputs of a direction.
    package func outputRow(step: Int, batch index: Int, direction: Int) -> Int {
      isBatchFirst
        ? (index * length + step) * directionCount + direction
        : (step * directionCount + direction) * batch + index
    }

    /// The row of a sequence in the states of a direction.
    package func stateRow(batch index: Int, direction: Int) -> Int {
      isBatchFirst ? index * directionCount + direction : direction * batch + index
    }
  }

  /// The memory of one run. Inputs and outputs are those of the whole layer; weights, biases and
  /// peepholes those of the direction.
  package struct Buffers {
    package var input: UnsafeRawPointer
    /// W as it stands, or as `packInputWeights` makes it.
    package var inputWeights: UnsafeRawPointer
    /// R as it stands, or as `packRecurrentWeights` makes it.
    package var recurrentWeights: UnsafeRawPointer
    /// For the gates of the input, then for those of the state; or as `packBiases` makes them.
    package var biases: UnsafeRawPointer?
    /// LSTM: weights of the cell state in the gates i, o, f.
    package var peepholes: UnsafeRawPointer?
    /// How many steps each sequence of the batch has.
    package var lengths: UnsafePointer<Int32>?
    package var initialState: UnsafeRawPointer?
    package var initialCell: UnsafeRawPointer?
    package var output: UnsafeMutableRawPointer?
    package var lastState: UnsafeMutableRawPointer?
    package var lastCell: UnsafeMutableRawPointer?
    /// `workspaceByteCount` bytes, aligned to 64.
    package var workspace: UnsafeMutableRawPointer

    package init(
      input: UnsafeRawPointer, inputWeights: UnsafeRawPointer, recurrentWeights: UnsafeRawPointer,
      workspace: UnsafeMutableRawPointer
    ) {
      self.input = input
      self.inputWeights = inputWeights
      self.recurrentWeights = recurrentWeights
      self.workspace = workspace
    }
  }

  /// Below so many multiplications a step stays in one piece: a thread whose second cache holds the weights with
  /// room to spare is done before another one has heard of it.
  private static let leastParallelWork = Environment.secondCacheByteCount / 64

  /// The pieces of a step that are worth a thread each, at most four.
  package var stepPieceCount: Int {
    let work = layout.batch * weights.columnCount * layout.hiddenSize
    return max(1, min(4, work / Self.leastParallelWork))
  }

  let scalarType: ScalarType
  let cell: Cell
  let layout: Layout
  let direction: Int
  let isReverse: Bool
  let activations: [RecurrentActivation]
  let clip: Double?
  /// Whether W is given as `packInputWeights` makes it.
  let inputWeightsArePacked: Bool
  /// Whether R is given as `packRecurrentWeights` makes it.
  let recurrentWeightsArePacked: Bool
  /// Whether the biases are given as `packBiases` makes them.
  let biasesArePacked: Bool
  let weights: RecurrentWeights
  /// X · Wᵀ for all steps, the gates of a block of units side by side.
  let inputProduct: MatrixProduct

  /// - Parameters:
  ///   - scalarType: float32 or float64.
  ///   - activations: RNN f; GRU f, g; LSTM f, g, h.
  ///   - clip: bounds what goes into the activations of gates to ± this.
  package init(
    _ scalarType: ScalarType, _ cell: Cell, _ layout: Layout, direction: Int, isReverse: Bool,
    activations: [RecurrentActivation], clip: Double?, inputWeightsArePacked: Bool = false,
    recurrentWeightsArePacked: Bool = false, biasesArePacked: Bool = false
  ) {
    precondition(
      scalarType == .float32 || scalarType == .float64, "a recurrent layer of \(scalarType)")
    self.scalarType = scalarType
    self.cell = cell
    self.layout = layout
    self.direction = direction
    self.isReverse = isReverse
    self.activations = activations
    self.clip = clip
    self.inputWeightsArePacked = inputWeightsArePacked
    self.recurrentWeightsArePacked = recurrentWeightsArePacked
    self.biasesArePacked = biasesArePacked
    weights = RecurrentWeights(
      cell: cell, hiddenSize: layout.hiddenSize, inputSize: layout.inputSize,
      lanes: scalarType == .float32 ? Float.lanes : Double.lanes)
    inputProduct = MatrixProduct(
      scalarType, rows: layout.length * layout.batch, columns: weights.columnCount,
      depth: layout.inputSize, right: .transposed(layout.inputSize),
      rightIsPacked: inputWeightsArePacked
        && MatrixProduct.gainsFromPackedRight(
          rows: layout.length * layout.batch, columns: weights.columnCount,
          right: .transposed(layout.inputSize))
    )
  }

  // MARK: Weights

  private var elementByteCount: Int { scalarType == .float32 ? 4 : 8 }

  /// A name for the layout of packed weights, the same for two layers when they can share them.
  package var packedWeightsLayout: String {
    "recurrence/\(scalarType)/\(cell)/\(layout.hiddenSize)/\(layout.inputSize)/\(direction)/"
      + "\(weights.lanes)/\(inputProduct.rightIsPacked)/\(inputProduct.packedRightLayout)"
  }

  /// The bytes of W as `packInputWeights` makes it.
  package var packedInputWeightsByteCount: Int {
    inputProduct.rightIsPacked
      ? inputProduct.packedRightByteCount : weights.inputCount * elementByteCount
  }

  /// The bytes of R as `packRecurrentWeights` makes it.
  package var packedRecurrentWeightsByteCount: Int { weights.recurrentCount * elementByteCount }

  /// Packs W of this direction, for any number of rows above one, or for one.
  package func packInputWeights(
    _ source: UnsafeRawPointer, into packed: UnsafeMutableRawPointer
  ) {
    let isPacked = inputProduct.rightIsPacked
    let storage = isPacked ? Storage(byteCount: weights.inputCount * elementByteCount) : nil
    let ordered = storage?.base ?? packed
    weights.order(.input, of: scalarType, source, into: ordered)
    withExtendedLifetime(storage) {
      if isPacked { inputProduct.packRight(ordered, into: packed) }
    }
  }

  /// Packs R of this direction.
  package func packRecurrentWeights(
    _ source: UnsafeRawPointer, into packed: UnsafeMutableRawPointer
  ) {
    weights.order(.recurrent, of: scalarType, source, into: packed)
  }

  /// The bytes of the biases as `packBiases` makes them.
  package var packedBiasesByteCount: Int { weights.biasCount * elementByteCount }

  /// Packs the biases of this direction.
  package func packBiases(_ source: UnsafeRawPointer, into packed: UnsafeMutableRawPointer) {
    weights.order(.biases, of: scalarType, source, into: packed)
  }

  // MARK: Running

  /// Where the parts of the workspace begin, in elements, each aligned to 64 bytes.
  struct Parts {
    var inputs = 0
    var states = (0, 0)
    var cell = 0
    var update = 0
    var resetState = 0
    var bias = 0
    var peepholes = 0
    var inputWeights = 0
    var recurrentWeights = 0
    var product = 0
  }

  var parts: Parts {
    var parts = Parts()
    var next = 0
    func take(_ count: Int) -> Int {
      defer { next += count.roundedUp(toMultipleOf: 16) }
      return next
    }
    let stateCount = layout.batch * weights.width
    parts.inputs = take(layout.length * layout.batch * weights.columnCount)
    parts.states = (take(stateCount), take(stateCount))
    if case .lstm = cell { parts.cell = take(stateCount) }
    if case .gru(linearBeforeReset: false) = cell {
      parts.update = take(stateCount)
      parts.resetState = take(stateCount)
    }
    if !biasesArePacked { parts.bias = take(weights.biasCount) }
    if case .lstm = cell { parts.peepholes = take(weights.peepholeCount) }
    if !inputWeightsArePacked { parts.inputWeights = take(weights.inputCount) }
    if !recurrentWeightsArePacked { parts.recurrentWeights = take(weights.recurrentCount) }
    parts.product = next
    return parts
  }

  /// Bytes of scratch memory.
  package var workspaceByteCount: Int {
    parts.product * elementByteCount + inputProduct.workspaceByteCount
  }

  /// Computes the layer's direction.
  ///
  /// Results do not depend on the number of threads. A run allocates nothing.
  ///
  /// - Parameter threadLimit: how many threads may take part; 0 for all.
  /// - Precondition: lengths lie between 0 and the number of steps. Outputs of steps behind the end of a
  ///   sequence are left as they are.
  /// - Complexity: O(steps · batch · gates · (input + hidden)).
  package func run(_ buffers: Buffers, threadLimit: Int) {
    if scalarType == .float32 {
      RecurrentRun<Float>(self, buffers, threadLimit).run()
    } else {
      RecurrentRun<Double>(self, buffers, threadLimit).run()
    }
  }
}

package import MRDLCore

/// One direction of a recurrent layer over a batch of sequences: RNN, GRU or LSTM.
///
/// The products of the inputs with their weights are computed for all steps at once; each step adds the
/// product of the state. Weights have a row for each element of each gate, in the order of ONNX: LSTM
/// i, o, f, c; GRU z, r, h. A run allocates nothing.
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

    func inputRow(step: Int, batch index: Int) -> Int {
      isBatchFirst ? index * length + step : step * batch + index
    }

    func outputRow(step: Int, batch index: Int, direction: Int) -> Int {
      isBatchFirst
        ? (index * length + step) * directionCount + direction
        : (step * directionCount + direction) * batch + index
    }

    func stateRow(batch index: Int, direction: Int) -> Int {
      isBatchFirst ? index * directionCount + direction : direction * batch + index
    }
  }

  /// The memory of one run. Inputs and outputs are those of the whole layer; weights, biases and
  /// peepholes those of the direction.
  package struct Buffers {
    package var input: UnsafeRawPointer
    package var inputWeights: UnsafeRawPointer
    package var recurrentWeights: UnsafeRawPointer
    /// For the gates of the input, then for those of the state.
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

  let scalarType: ScalarType
  let cell: Cell
  let layout: Layout
  let direction: Int
  let isReverse: Bool
  let activations: [RecurrentActivation]
  let clip: Double?
  /// X · Wᵀ for all steps.
  let inputProduct: MatrixProduct
  /// H · Rᵀ for the gates that need the state as it is.
  let stateProduct: MatrixProduct
  /// GRU: the product of the candidate.
  let candidateProduct: MatrixProduct?

  /// - Parameters:
  ///   - scalarType: float32 or float64.
  ///   - activations: RNN f; GRU f, g; LSTM f, g, h.
  ///   - clip: bounds what goes into the activations of gates to ± this.
  package init(
    _ scalarType: ScalarType, _ cell: Cell, _ layout: Layout, direction: Int, isReverse: Bool,
    activations: [RecurrentActivation], clip: Double?
  ) {
    self.scalarType = scalarType
    self.cell = cell
    self.layout = layout
    self.direction = direction
    self.isReverse = isReverse
    self.activations = activations
    self.clip = clip
    let (hidden, gates) = (layout.hiddenSize, cell.gateCount * layout.hiddenSize)
    inputProduct = MatrixProduct(
      scalarType, rows: layout.length * layout.batch, columns: gates, depth: layout.inputSize,
      right: .transposed(layout.inputSize))
    func product(columns: Int, accumulates: Bool, rowStride: Int) -> MatrixProduct {
      MatrixProduct(
        scalarType, rows: layout.batch, columns: columns, depth: hidden,
        right: .transposed(hidden), outputRowStride: rowStride, accumulates: accumulates)
    }
    switch cell {
    case .rnn, .lstm:
      stateProduct = product(columns: gates, accumulates: true, rowStride: gates)
      candidateProduct = nil
    case .gru(let linearBeforeReset):
      stateProduct = product(columns: 2 * hidden, accumulates: true, rowStride: gates)
      candidateProduct =
        linearBeforeReset
        ? product(columns: hidden, accumulates: false, rowStride: hidden)
        : product(columns: hidden, accumulates: true, rowStride: gates)
    }
  }

  var gateWidth: Int { cell.gateCount * layout.hiddenSize }

  /// Where the parts of the workspace begin, in elements, each aligned to 64 bytes.
  struct Parts {
    var inputGates = 0
    var gates = 0
    var state = 0
    var cell = 0
    var scratch = 0
    var bias = 0
    var product = 0
  }

  var parts: Parts {
    var parts = Parts()
    var next = 0
    func take(_ count: Int) -> Int {
      defer { next += (count + 15) / 16 * 16 }
      return next
    }
    let stateCount = layout.batch * layout.hiddenSize
    parts.inputGates = take(layout.length * layout.batch * gateWidth)
    parts.gates = take(layout.batch * gateWidth)
    parts.state = take(stateCount)
    parts.cell = take(stateCount)
    parts.scratch = take(stateCount)
    parts.bias = take(gateWidth)
    parts.product = next
    return parts
  }

  /// Bytes of scratch memory.
  package var workspaceByteCount: Int {
    let products = [inputProduct, stateProduct] + (candidateProduct.map { [$0] } ?? [])
    return parts.product * (scalarType == .float32 ? 4 : 8)
      + products.reduce(0) { max($0, $1.workspaceByteCount) }
  }

  /// Computes the layer's direction.
  ///
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

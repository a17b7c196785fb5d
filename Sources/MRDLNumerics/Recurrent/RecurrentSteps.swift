internal import CMRDLKernels

/// What the steps of one run of a `Recurrence` work on, as `mrdl_f32_recurrence` describes it.
package struct RecurrentSteps<Scalar> {
  let recurrence: Recurrence
  let lengths: UnsafePointer<Int32>?
  let inputs: UnsafePointer<Scalar>
  let weights: UnsafePointer<Scalar>
  let states: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
  var candidateBias: UnsafePointer<Scalar>?
  var peepholes: UnsafePointer<Scalar>?
  var cell: UnsafeMutablePointer<Scalar>?
  var update: UnsafeMutablePointer<Scalar>?
  var resetState: UnsafeMutablePointer<Scalar>?
  var output: UnsafeMutablePointer<Scalar>?

  init(
    recurrence: Recurrence, lengths: UnsafePointer<Int32>?, inputs: UnsafePointer<Scalar>,
    weights: UnsafePointer<Scalar>,
    states: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
  ) {
    self.recurrence = recurrence
    self.lengths = lengths
    self.inputs = inputs
    self.weights = weights
    self.states = states
  }

  /// How the kernels name the cell.
  var cellCode: mrdl_cell {
    switch recurrence.cell {
    case .rnn: MRDL_CELL_RNN
    case .gru(linearBeforeReset: false): MRDL_CELL_GRU
    case .gru(linearBeforeReset: true): MRDL_CELL_GRU_LINEAR
    case .lstm(couplesForget: false): MRDL_CELL_LSTM
    case .lstm(couplesForget: true): MRDL_CELL_LSTM_COUPLED
    }
  }

  /// The activation at an index; the last one where there are fewer.
  func activation(_ index: Int) -> RecurrentActivation {
    recurrence.activations[min(index, recurrence.activations.count - 1)]
  }

  /// Elements from one step, and from one sequence, to the next in the products of the inputs.
  var inputStrides: (step: Int, sequence: Int) {
    let (layout, columns) = (recurrence.layout, recurrence.weights.columnCount)
    return layout.isBatchFirst
      ? (columns, layout.length * columns) : (layout.batch * columns, columns)
  }

  /// Elements from one step, and from one sequence, to the next in the output.
  var outputStrides: (step: Int, sequence: Int) {
    let layout = recurrence.layout
    let row = layout.directionCount * layout.hiddenSize
    return layout.isBatchFirst
      ? (row, layout.length * row) : (layout.batch * row, layout.hiddenSize)
  }
}

internal import MRDLCore

/// The weights of one direction of a recurrent layer in the order of its kernels.
///
/// Units come in blocks of as many as a register has lanes, the last one filled up with zeros; the gates of
/// a block lie side by side, so that all that a unit needs is in registers at the same time. Column
/// (block · gates + gate) · lanes + lane of the input product, and of the biases, is a gate of a unit. The
/// recurrent weights have, for each block and each unit of the state, all gates of the block; those of a GRU
/// whose reset gate is applied to the state have the candidate behind all blocks, because its product is
/// another one.
struct RecurrentWeights {
  let cell: Recurrence.Cell
  let hiddenSize: Int
  let inputSize: Int
  let lanes: Int

  var gateCount: Int { cell.gateCount }
  var blockCount: Int { (hiddenSize + lanes - 1) / lanes }
  /// Units rounded up to whole blocks.
  var width: Int { blockCount * lanes }
  /// Columns of the input product.
  var columnCount: Int { gateCount * width }

  /// Gates whose product with the state is computed in the first phase of a step.
  private var firstPhaseGates: Int {
    if case .gru(linearBeforeReset: false) = cell { 2 } else { gateCount }
  }

  // MARK: Sizes in elements

  var inputCount: Int { columnCount * inputSize }
  var recurrentCount: Int { columnCount * hiddenSize }
  var biasCount: Int { columnCount + width }
  var peepholeCount: Int { 3 * width }

  // MARK: Packing

  /// A part of the weights that can be put in order once for all runs.
  enum Part {
    case input, recurrent, biases
  }

  /// Puts a part, as ONNX has it, in the order of the kernels.
  ///
  /// - Parameter scalarType: float32 or float64.
  func order(
    _ part: Part, of scalarType: ScalarType, _ source: UnsafeRawPointer,
    into target: UnsafeMutableRawPointer
  ) {
    if scalarType == .float32 {
      order(
        part, source.assumingMemoryBound(to: Float.self),
        into: target.assumingMemoryBound(to: Float.self))
    } else {
      order(
        part, source.assumingMemoryBound(to: Double.self),
        into: target.assumingMemoryBound(to: Double.self))
    }
  }

  func order<Scalar: BinaryFloatingPoint>(
    _ part: Part, _ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>
  ) {
    switch part {
    case .input: orderInput(source, into: target)
    case .recurrent: packRecurrent(source, into: target)
    case .biases: orderBiases(source, into: target)
    }
  }

  /// The rows of W in the order of the columns of the input product: columnCount × inputSize.
  private func orderInput<Scalar: BinaryFloatingPoint>(
    _ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>
  ) {
    for block in 0..<blockCount {
      for gate in 0..<gateCount {
        for lane in 0..<lanes {
          let unit = block * lanes + lane
          let row = target + ((block * gateCount + gate) * lanes + lane) * inputSize
          if unit < hiddenSize {
            row.update(from: source + (gate * hiddenSize + unit) * inputSize, count: inputSize)
          } else {
            row.update(repeating: 0, count: inputSize)
          }
        }
      }
    }
  }

  /// R as `recurrent_step` reads it.
  private func packRecurrent<Scalar: BinaryFloatingPoint>(
    _ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>
  ) {
    let first = firstPhaseGates
    pack(0..<first, source, into: target)
    if first < gateCount {
      pack(first..<gateCount, source, into: target + first * width * hiddenSize)
    }
  }

  private func pack<Scalar: BinaryFloatingPoint>(
    _ gates: Range<Int>, _ source: UnsafePointer<Scalar>,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    var place = target
    for block in 0..<blockCount {
      for column in 0..<hiddenSize {
        for gate in gates {
          for lane in 0..<lanes {
            let unit = block * lanes + lane
            place[lane] =
              unit < hiddenSize ? source[(gate * hiddenSize + unit) * hiddenSize + column] : 0
          }
          place += lanes
        }
      }
    }
  }

  /// The sums of the biases of inputs and states in the order of columns; where a reset gate comes between
  /// the two, that of the state of the candidate stands behind them, a number for each unit.
  private func orderBiases<Scalar: BinaryFloatingPoint>(
    _ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>
  ) {
    var summed = gateCount
    if case .gru(linearBeforeReset: true) = cell { summed = 2 }
    let states = source + gateCount * hiddenSize
    target.update(repeating: 0, count: biasCount)
    for unit in 0..<hiddenSize {
      let (block, lane) = unit.quotientAndRemainder(dividingBy: lanes)
      for gate in 0..<gateCount {
        let index = gate * hiddenSize + unit
        target[(block * gateCount + gate) * lanes + lane] =
          gate < summed ? source[index] + states[index] : source[index]
      }
      if summed < gateCount { target[columnCount + unit] = states[2 * hiddenSize + unit] }
    }
  }

  /// The weights of i, o and f, filled up with zeros.
  func orderPeepholes<Scalar: BinaryFloatingPoint>(
    _ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>
  ) {
    target.update(repeating: 0, count: peepholeCount)
    for gate in 0..<3 {
      (target + gate * width).update(from: source + gate * hiddenSize, count: hiddenSize)
    }
  }
}

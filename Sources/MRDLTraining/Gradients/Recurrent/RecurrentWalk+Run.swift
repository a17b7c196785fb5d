internal import MRDLCore
internal import MRDLNumerics

extension RecurrentWalk {
  /// One run over one direction. Pointers of weights, biases and peepholes are those of the direction, all
  /// others those of the whole layer.
  struct Run {
    let walk: RecurrentWalk
    let direction: Int
    let isReverse: Bool
    let functions: [GateFunction<Element>]
    let workspace: UnsafeMutablePointer<Element>
    let x: UnsafePointer<Element>
    let w: UnsafePointer<Element>
    let r: UnsafePointer<Element>
    let threadLimit: Int
    let parts: Parts
    var lengths: UnsafePointer<Int32>?
    var b: UnsafePointer<Element>?
    var h0: UnsafePointer<Element>?
    var c0: UnsafePointer<Element>?
    var p: UnsafePointer<Element>?
    var dy: UnsafePointer<Element>?
    var dyState: UnsafePointer<Element>?
    var dyCell: UnsafePointer<Element>?
    var dx: UnsafeMutablePointer<Element>?
    var dw: UnsafeMutablePointer<Element>?
    var dr: UnsafeMutablePointer<Element>?
    var db: UnsafeMutablePointer<Element>?
    var dh0: UnsafeMutablePointer<Element>?
    var dc0: UnsafeMutablePointer<Element>?
    var dp: UnsafeMutablePointer<Element>?

    init(
      walk: RecurrentWalk, direction: Int, isReverse: Bool, functions: [GateFunction<Element>],
      workspace: UnsafeMutablePointer<Element>, x: UnsafePointer<Element>,
      w: UnsafePointer<Element>, r: UnsafePointer<Element>, threadLimit: Int
    ) {
      self.walk = walk
      self.direction = direction
      self.isReverse = isReverse
      self.functions = functions
      self.workspace = workspace
      self.x = x
      self.w = w
      self.r = r
      self.threadLimit = threadLimit
      parts = walk.parts
    }

    // MARK: Places

    var hidden: Int { walk.hidden }
    var batch: Int { walk.batch }
    var width: Int { walk.width }
    private var layout: Recurrence.Layout { walk.layout }

    func length(_ sequence: Int) -> Int { lengths.map { Int($0[sequence]) } ?? layout.length }

    /// The time of a step of a sequence that has not ended.
    private func time(_ step: Int, _ sequence: Int) -> Int {
      isReverse ? length(sequence) - 1 - step : step
    }

    private func part(_ offset: Int, _ row: Int, _ count: Int) -> UnsafeMutablePointer<Element> {
      workspace + offset + row * count
    }

    func sums(_ row: Int) -> UnsafeMutablePointer<Element> { part(parts.sums, row, width) }
    func gates(_ row: Int) -> UnsafeMutablePointer<Element> { part(parts.gates, row, width) }
    /// The state before a step; the row of the step behind it is the state after it.
    func state(_ row: Int) -> UnsafeMutablePointer<Element> { part(parts.states, row, hidden) }
    func cell(_ row: Int) -> UnsafeMutablePointer<Element> { part(parts.cells, row, hidden) }
    func extra(_ row: Int) -> UnsafeMutablePointer<Element> { part(parts.extra, row, hidden) }
    func inputResidual(_ row: Int) -> UnsafeMutablePointer<Element> {
      part(parts.inputResiduals, row, width)
    }
    func stateSideResidual(_ row: Int) -> UnsafeMutablePointer<Element> {
      part(parts.stateResiduals, row, width)
    }
    func stateResidual(_ sequence: Int) -> UnsafeMutablePointer<Element> {
      part(parts.stateResidual, sequence, hidden)
    }
    func cellResidual(_ sequence: Int) -> UnsafeMutablePointer<Element> {
      part(parts.cellResidual, sequence, hidden)
    }
    var scratch: UnsafeMutablePointer<Element> { workspace + parts.scratch }
    private var productWorkspace: UnsafeMutableRawPointer {
      UnsafeMutableRawPointer(workspace + parts.product)
    }

    func multiply(
      _ product: MatrixProduct, _ left: UnsafePointer<Element>, _ right: UnsafePointer<Element>,
      _ output: UnsafeMutablePointer<Element>, bias: UnsafePointer<Element>? = nil
    ) {
      product.run(
        left: left, right: right, output: output, columnBias: bias.map { UnsafeRawPointer($0) },
        workspace: productWorkspace, threadLimit: threadLimit)
    }

    // MARK: Forward

    /// Computes all states and gates.
    func forward() {
      let inputSize = layout.inputSize
      let inputs = workspace + parts.x
      for step in 0..<layout.length {
        for sequence in 0..<batch {
          let target = inputs + (step * batch + sequence) * inputSize
          if step < length(sequence) {
            let row = layout.inputRow(step: time(step, sequence), batch: sequence)
            target.update(from: x + row * inputSize, count: inputSize)
          } else {
            target.update(repeating: 0, count: inputSize)
          }
        }
      }
      multiply(walk.inputProduct, inputs, w, sums(0))
      for sequence in 0..<batch {
        let row = layout.stateRow(batch: sequence, direction: direction) * hidden
        load(h0, row, into: state(sequence))
        load(c0, row, into: cell(sequence))
      }
      for step in 0..<layout.length {
        addBiases(step)
        let first = step * batch
        if walk.isGRU {
          forwardGRU(first, step)
        } else {
          let product = walk.stateProduct(
            gates: walk.cell.gateCount, accumulates: true, stride: width)
          multiply(product, state(first), r, sums(first))
          for sequence in 0..<batch where step < length(sequence) {
            if case .lstm(let coupled) = walk.cell {
              forwardLSTM(first + sequence, coupled)
            } else {
              clip(sums(first + sequence), hidden)
              functions[0].apply(hidden, sums(first + sequence), gates(first + sequence))
              state(first + batch + sequence).update(from: gates(first + sequence), count: hidden)
            }
          }
        }
        for sequence in 0..<batch where step >= length(sequence) {
          state(first + batch + sequence).update(from: state(first + sequence), count: hidden)
          cell(first + batch + sequence).update(from: cell(first + sequence), count: hidden)
        }
      }
    }

    private func load(
      _ source: UnsafePointer<Element>?, _ offset: Int, into target: UnsafeMutablePointer<Element>
    ) {
      if let source {
        target.update(from: source + offset, count: hidden)
      } else {
        target.update(repeating: 0, count: hidden)
      }
    }

    private func addBiases(_ step: Int) {
      guard let b else { return }
      // The bias of the state of a candidate is added to its product where the reset gate follows.
      let summed = walk.isLinearGRU ? 2 * hidden : width
      for sequence in 0..<batch {
        let row = sums(step * batch + sequence)
        for k in 0..<summed { row[k] += b[k] + b[width + k] }
        for k in summed..<width { row[k] += b[k] }
      }
    }

    func clip(_ values: UnsafeMutablePointer<Element>, _ count: Int) {
      guard let bound = walk.clip else { return }
      for k in 0..<count { values[k] = min(max(values[k], -bound), bound) }
    }

    /// Stops residuals where a sum was clipped.
    func clipResiduals(
      _ sums: UnsafePointer<Element>, _ residuals: UnsafeMutablePointer<Element>, _ count: Int
    ) {
      guard let bound = walk.clip else { return }
      for k in 0..<count where sums[k].magnitude >= bound { residuals[k] = 0 }
    }

    // MARK: Backward

    /// Computes the residuals that are wanted.
    func backward() {
      for sequence in 0..<batch {
        let row = layout.stateRow(batch: sequence, direction: direction) * hidden
        load(dyState, row, into: stateResidual(sequence))
        load(dyCell, row, into: cellResidual(sequence))
      }
      for step in (0..<layout.length).reversed() {
        let first = step * batch
        for sequence in 0..<batch where step < length(sequence) {
          addOutputResidual(step, sequence)
        }
        for sequence in 0..<batch where step >= length(sequence) {
          inputResidual(first + sequence).update(repeating: 0, count: width)
          stateSideResidual(first + sequence).update(repeating: 0, count: width)
        }
        if walk.isGRU {
          backwardGRU(first, step)
        } else {
          backwardStates(first, step)
        }
      }
      for sequence in 0..<batch {
        let row = layout.stateRow(batch: sequence, direction: direction) * hidden
        if let dh0 { (dh0 + row).update(from: stateResidual(sequence), count: hidden) }
        if let dc0 { (dc0 + row).update(from: cellResidual(sequence), count: hidden) }
      }
      passToInputs()
      passToWeights()
    }

    private func addOutputResidual(_ step: Int, _ sequence: Int) {
      guard let dy else { return }
      let row = layout.outputRow(
        step: time(step, sequence), batch: sequence, direction: direction)
      let residual = stateResidual(sequence)
      for k in 0..<hidden { residual[k] += dy[row * hidden + k] }
    }

    /// RNN and LSTM: residuals of the sums, and from them those of the states before the step.
    private func backwardStates(_ first: Int, _ step: Int) {
      for sequence in 0..<batch where step < length(sequence) {
        let row = first + sequence
        if case .lstm(let coupled) = walk.cell {
          backwardLSTM(row, sequence, coupled)
        } else {
          functions[0].back(
            hidden, sums(row), gates(row), stateResidual(sequence), inputResidual(row))
          clipResiduals(sums(row), inputResidual(row), hidden)
        }
        stateResidual(sequence).update(repeating: 0, count: hidden)
      }
      multiply(
        walk.stateResidualProduct(gates: walk.cell.gateCount, accumulates: true),
        inputResidual(first), r, stateResidual(0))
    }

    private func passToInputs() {
      guard let dx else { return }
      // The inputs themselves are still needed for the weights.
      let target = workspace + parts.inputScratch
      let inputSize = layout.inputSize
      for step in 0..<layout.length {
        multiply(walk.inputResidualProduct, inputResidual(step * batch), w, target)
        for sequence in 0..<batch where step < length(sequence) {
          let row = layout.inputRow(step: time(step, sequence), batch: sequence)
          let residual = dx + row * inputSize
          for k in 0..<inputSize { residual[k] += target[sequence * inputSize + k] }
        }
      }
    }

    private func passToWeights() {
      if let dw {
        multiply(
          walk.weightResidualProduct(gates: walk.cell.gateCount, columns: layout.inputSize),
          inputResidual(0), workspace + parts.x, dw)
      }
      if let dr {
        let candidate = walk.cell == .gru(linearBeforeReset: false)
        let gates = candidate ? 2 : walk.cell.gateCount
        multiply(
          walk.weightResidualProduct(gates: gates, columns: hidden), stateSideResidual(0),
          state(0), dr)
        if candidate {
          multiply(
            walk.weightResidualProduct(gates: 1, columns: hidden),
            stateSideResidual(0) + 2 * hidden, extra(0), dr + 2 * hidden * hidden)
        }
      }
      if let db {
        for row in 0..<walk.rows {
          let (ofInput, ofState) = (inputResidual(row), stateSideResidual(row))
          for k in 0..<width {
            db[k] += ofInput[k]
            db[width + k] += ofState[k]
          }
        }
      }
    }
  }
}

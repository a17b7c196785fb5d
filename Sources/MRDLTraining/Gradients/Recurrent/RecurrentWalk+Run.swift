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
    /// What is kept of the way forward, `trace.count` elements.
    let kept: UnsafeMutablePointer<Element>
    let workspace: UnsafeMutablePointer<Element>
    let x: UnsafePointer<Element>
    let w: UnsafePointer<Element>
    let r: UnsafePointer<Element>
    let threadLimit: Int
    let parts: Parts
    let trace: RecurrentTrace
    /// Whether the way back reads the sums; where it does not, those of one step are enough.
    private var keepsSums = true
    /// Over how many steps residuals of states pass, nil for all.
    var truncation: Int?
    var lengths: UnsafePointer<Int32>?
    var b: UnsafePointer<Element>?
    var h0: UnsafePointer<Element>?
    var c0: UnsafePointer<Element>?
    var p: UnsafePointer<Element>?
    /// The outputs of the whole layer, as far as they are wanted.
    var y: UnsafeMutablePointer<Element>?
    var lastState: UnsafeMutablePointer<Element>?
    var lastCell: UnsafeMutablePointer<Element>?
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
      kept: UnsafeMutablePointer<Element>, workspace: UnsafeMutablePointer<Element>,
      x: UnsafePointer<Element>,
      w: UnsafePointer<Element>, r: UnsafePointer<Element>, threadLimit: Int
    ) {
      self.walk = walk
      self.direction = direction
      self.isReverse = isReverse
      self.functions = functions
      self.kept = kept
      self.workspace = workspace
      self.x = x
      self.w = w
      self.r = r
      self.threadLimit = threadLimit
      parts = walk.parts
      trace = walk.trace
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

    private func trace(_ offset: Int, _ row: Int, _ count: Int) -> UnsafeMutablePointer<Element> {
      kept + offset + row * count
    }

    func inputs(_ row: Int) -> UnsafeMutablePointer<Element> {
      trace(trace.x, row, layout.inputSize)
    }
    func sums(_ row: Int) -> UnsafeMutablePointer<Element> {
      keepsSums ? trace(trace.sums, row, width) : part(parts.stepSums, row % batch, width)
    }
    func gates(_ row: Int) -> UnsafeMutablePointer<Element> { trace(trace.gates, row, width) }
    /// The state before a step; the row of the step behind it is the state after it.
    func state(_ row: Int) -> UnsafeMutablePointer<Element> { trace(trace.states, row, hidden) }
    func cell(_ row: Int) -> UnsafeMutablePointer<Element> { trace(trace.cells, row, hidden) }
    func extra(_ row: Int) -> UnsafeMutablePointer<Element> { trace(trace.extra, row, hidden) }
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
    /// Room for a row of states of each sequence.
    func scratch(_ sequence: Int) -> UnsafeMutablePointer<Element> {
      part(parts.scratch, sequence, hidden)
    }

    private func stateWeights(_ group: Int) -> UnsafeMutablePointer<Element> {
      workspace + (group == 0 ? parts.stateWeights.0 : parts.stateWeights.1)
    }

    private func run(
      _ product: MatrixProduct, _ left: UnsafePointer<Element>, _ right: UnsafePointer<Element>,
      _ output: UnsafeMutablePointer<Element>, bias: UnsafePointer<Element>? = nil,
      in shard: Shard
    ) {
      product.run(
        left: left, right: right, output: output, columnBias: bias.map { UnsafeRawPointer($0) },
        workspace: UnsafeMutableRawPointer(
          workspace + parts.product + shard.index * parts.shardProductCount),
        threadLimit: 1)
    }

    /// Adds the product of some states with R of a group of gates.
    func multiplyState(
      _ group: Int, _ left: UnsafePointer<Element>, _ output: UnsafeMutablePointer<Element>,
      bias: UnsafePointer<Element>? = nil, in shard: Shard
    ) {
      run(
        walk.stateProduct(group, rows: shard.sequences.count), left, stateWeights(group), output,
        bias: bias, in: shard)
    }

    /// Passes the residuals of a group of gates back through R.
    func multiplyResidual(
      _ group: Int, _ left: UnsafePointer<Element>, _ output: UnsafeMutablePointer<Element>,
      in shard: Shard
    ) {
      run(
        walk.stateResidualProduct(group, rows: shard.sequences.count), left, stateWeights(group),
        output, in: shard)
    }

    private func multiplyWeights(
      _ product: MatrixProduct, _ left: UnsafePointer<Element>, _ right: UnsafePointer<Element>,
      _ output: UnsafeMutablePointer<Element>
    ) {
      product.run(
        left: left, right: right, output: output,
        workspace: UnsafeMutableRawPointer(workspace + parts.product), threadLimit: threadLimit)
    }

    // MARK: Shards

    /// Sequences that are walked together, apart from all others.
    struct Shard {
      let index: Int
      let sequences: Range<Int>

      var first: Int { sequences.lowerBound }
    }

    private struct Walk: ParallelWork {
      let run: Run
      let isBackward: Bool

      @specialized(where Element == Float)
      @specialized(where Element == Double)
      func run(index: Int, slot: Int) {
        let shard = Shard(index: index, sequences: run.walk.shard(index))
        if isBackward { run.backward(shard) } else { run.forward(shard) }
      }
    }

    private func walkShards(isBackward: Bool) {
      var run = self
      run.keepsSums = !isUsualLSTM
      WorkerPool.run(
        Walk(run: run, isBackward: isBackward), count: walk.shardCount,
        threadLimit: walk.isSmall ? 1 : threadLimit)
    }

    // MARK: Forward

    /// Computes all states and gates.
    func forward() {
      let biases = workspace + parts.biases
      // The bias of the state of a candidate is added to its product where the reset gate follows.
      let summed = walk.isLinearGRU ? 2 * hidden : width
      for k in 0..<width { biases[k] = b.map { $0[k] + (k < summed ? $0[width + k] : 0) } ?? 0 }
      walk.inputProduct(rows: 1).packRight(w, into: workspace + parts.inputWeights)
      for group in 0..<walk.gateGroupCount {
        walk.stateProduct(group, rows: 1).packRight(
          r + walk.gateGroup(group).first * hidden * hidden, into: stateWeights(group))
      }
      walkShards(isBackward: false)
    }

    private func forward(_ shard: Shard) {
      for sequence in shard.sequences {
        let row = layout.stateRow(batch: sequence, direction: direction) * hidden
        load(h0, row, into: state(sequence))
        load(c0, row, into: cell(sequence))
      }
      for step in 0..<layout.length {
        let first = step * batch + shard.first
        gatherInputs(step, shard)
        run(
          walk.inputProduct(rows: shard.sequences.count), inputs(first),
          workspace + parts.inputWeights, sums(first), bias: workspace + parts.biases, in: shard)
        if walk.isGRU {
          forwardGRU(step, shard)
        } else {
          multiplyState(0, state(first), sums(first), in: shard)
          for sequence in shard.sequences where step < length(sequence) {
            let row = step * batch + sequence
            if case .lstm(let coupled) = walk.cell {
              forwardLSTM(row, coupled)
            } else {
              clip(sums(row), hidden)
              functions[0].apply(hidden, sums(row), gates(row))
              state(row + batch).update(from: gates(row), count: hidden)
            }
          }
        }
        for sequence in shard.sequences where step >= length(sequence) {
          let row = step * batch + sequence
          state(row + batch).update(from: state(row), count: hidden)
          cell(row + batch).update(from: cell(row), count: hidden)
        }
        if let y { writeOutput(y, step, shard) }
      }
      for sequence in shard.sequences {
        let row = layout.stateRow(batch: sequence, direction: direction) * hidden
        let last = layout.length * batch + sequence
        if let lastState { (lastState + row).update(from: state(last), count: hidden) }
        if let lastCell { (lastCell + row).update(from: cell(last), count: hidden) }
      }
    }

    /// The states behind a step; zeros behind the end of a sequence.
    private func writeOutput(
      _ y: UnsafeMutablePointer<Element>, _ step: Int, _ shard: Shard
    ) {
      for sequence in shard.sequences {
        let isOver = step >= length(sequence)
        let row = layout.outputRow(
          step: isOver ? step : time(step, sequence), batch: sequence, direction: direction)
        if isOver {
          (y + row * hidden).update(repeating: 0, count: hidden)
        } else {
          (y + row * hidden).update(from: state((step + 1) * batch + sequence), count: hidden)
        }
      }
    }

    /// The inputs of one step; zeros of a sequence that has ended.
    private func gatherInputs(_ step: Int, _ shard: Shard) {
      let inputSize = layout.inputSize
      for sequence in shard.sequences {
        let target = inputs(step * batch + sequence)
        if step < length(sequence) {
          let row = layout.inputRow(step: time(step, sequence), batch: sequence)
          target.update(from: x + row * inputSize, count: inputSize)
        } else {
          target.update(repeating: 0, count: inputSize)
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
      if dx != nil {
        walk.inputResidualProduct(rows: 1).packRight(w, into: workspace + parts.inputWeights)
      }
      for group in 0..<walk.gateGroupCount {
        walk.stateResidualProduct(group, rows: 1).packRight(
          r + walk.gateGroup(group).first * hidden * hidden, into: stateWeights(group))
      }
      walkShards(isBackward: true)
      passToWeights()
      passToBiases()
      passToPeepholes()
    }

    private func backward(_ shard: Shard) {
      for sequence in shard.sequences {
        let row = layout.stateRow(batch: sequence, direction: direction) * hidden
        load(dyState, row, into: stateResidual(sequence))
        load(dyCell, row, into: cellResidual(sequence))
      }
      for step in (0..<layout.length).reversed() {
        for sequence in shard.sequences where step < length(sequence) {
          addOutputResidual(step, sequence)
        }
        for sequence in shard.sequences where step >= length(sequence) {
          let row = step * batch + sequence
          inputResidual(row).update(repeating: 0, count: width)
          stateSideResidual(row).update(repeating: 0, count: width)
        }
        if walk.isGRU {
          backwardGRU(step, shard)
        } else {
          backwardStates(step, shard)
        }
        passToInputs(step, shard)
        if let truncation, step > 0, step.isMultiple(of: truncation) { detach(step, shard) }
      }
      for sequence in shard.sequences {
        let row = layout.stateRow(batch: sequence, direction: direction) * hidden
        if let dh0 { (dh0 + row).update(from: stateResidual(sequence), count: hidden) }
        if let dc0 { (dc0 + row).update(from: cellResidual(sequence), count: hidden) }
      }
    }

    /// Drops what a step passes to the states before it. Behind its end a sequence has no steps, and what
    /// comes from its last states goes on to its last step.
    private func detach(_ step: Int, _ shard: Shard) {
      for sequence in shard.sequences where step < length(sequence) {
        stateResidual(sequence).update(repeating: 0, count: hidden)
        cellResidual(sequence).update(repeating: 0, count: hidden)
      }
    }

    private func addOutputResidual(_ step: Int, _ sequence: Int) {
      guard let dy else { return }
      let row = layout.outputRow(
        step: time(step, sequence), batch: sequence, direction: direction)
      let residual = stateResidual(sequence)
      for k in 0..<hidden { residual[k] += dy[row * hidden + k] }
    }

    /// RNN and LSTM: residuals of the sums, and from them those of the states before the step.
    private func backwardStates(_ step: Int, _ shard: Shard) {
      for sequence in shard.sequences where step < length(sequence) {
        let row = step * batch + sequence
        if case .lstm(let coupled) = walk.cell {
          backwardLSTM(row, sequence, coupled)
        } else {
          functions[0].back(
            hidden, sums(row), gates(row), stateResidual(sequence), inputResidual(row))
          clipResiduals(sums(row), inputResidual(row), hidden)
        }
        stateResidual(sequence).update(repeating: 0, count: hidden)
      }
      multiplyResidual(
        0, inputResidual(step * batch + shard.first), stateResidual(shard.first), in: shard)
    }

    private func passToInputs(_ step: Int, _ shard: Shard) {
      guard let dx else { return }
      let inputSize = layout.inputSize
      let target = part(parts.inputScratch, shard.first, inputSize)
      run(
        walk.inputResidualProduct(rows: shard.sequences.count),
        inputResidual(step * batch + shard.first), workspace + parts.inputWeights, target,
        in: shard)
      for (index, sequence) in shard.sequences.enumerated() where step < length(sequence) {
        let row = layout.inputRow(step: time(step, sequence), batch: sequence)
        let residual = dx + row * inputSize
        for k in 0..<inputSize { residual[k] += target[index * inputSize + k] }
      }
    }

    private func passToWeights() {
      let gates = walk.cell.gateCount
      if walk.isGRU {
        passToGRUWeights()
        return
      }
      let packed = workspace + parts.packedResiduals
      walk.weightResidualProduct(gates: gates, columns: hidden).packLeft(
        inputResidual(0), into: packed, threadLimit: threadLimit)
      if let dw {
        multiplyWeights(
          walk.weightResidualProduct(
            gates: gates, columns: layout.inputSize, sharesResiduals: true),
          packed, inputs(0), dw)
      }
      if let dr {
        multiplyWeights(
          walk.weightResidualProduct(gates: gates, columns: hidden, sharesResiduals: true),
          packed, state(0), dr)
      }
    }

    private func passToGRUWeights() {
      let gates = walk.cell.gateCount
      if let dw {
        multiplyWeights(
          walk.weightResidualProduct(gates: gates, columns: layout.inputSize),
          inputResidual(0), inputs(0), dw)
      }
      guard let dr else { return }
      let candidate = walk.cell == .gru(linearBeforeReset: false)
      multiplyWeights(
        walk.weightResidualProduct(gates: candidate ? 2 : gates, columns: hidden),
        stateSideResidual(0), state(0), dr)
      if candidate {
        multiplyWeights(
          walk.weightResidualProduct(gates: 1, columns: hidden),
          stateSideResidual(0) + 2 * hidden, extra(0), dr + 2 * hidden * hidden)
      }
    }

    private func passToBiases() {
      guard let db else { return }
      let step = 64
      WorkerPool.run(
        Biases(run: self, result: db, step: step), count: (width + step - 1) / step,
        threadLimit: walk.isSmall ? 1 : threadLimit)
    }

    /// Some columns of the sums over all rows.
    private struct Biases: ParallelWork {
      let run: Run
      let result: UnsafeMutablePointer<Element>
      let step: Int

      @specialized(where Element == Float)
      @specialized(where Element == Double)
      func run(index: Int, slot: Int) {
        let (rows, width) = (run.walk.rows, run.walk.width)
        let first = index * step
        let count = min(step, width - first)
        Element.sumColumns(
          rows: rows, columns: count, run.inputResidual(0) + first, rowStride: width,
          result + first, accumulates: false)
        let second = result + width + first
        if run.walk.isGRU {
          Element.sumColumns(
            rows: rows, columns: count, run.stateSideResidual(0) + first, rowStride: width, second,
            accumulates: false)
        } else {
          second.update(from: result + first, count: count)
        }
      }
    }

    /// The residuals of a sequence that has ended are zeros.
    private func passToPeepholes() {
      guard let dp else { return }
      for row in 0..<walk.rows {
        let (residual, before, after) = (inputResidual(row), cell(row), cell(row + batch))
        for k in 0..<hidden {
          dp[k] += residual[k] * before[k]
          dp[hidden + k] += residual[hidden + k] * after[k]
          dp[2 * hidden + k] += residual[2 * hidden + k] * before[k]
        }
      }
    }
  }
}

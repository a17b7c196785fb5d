internal import MRDLCore
internal import MRDLNumerics

/// The sizes, products and workspace of a walk through one direction of a recurrent layer and back.
///
/// Rows are in the order of the steps: row step · batch + sequence, whatever the direction and the layout
/// of the layer. Gates stand one after the other, `hiddenSize` numbers each.
struct RecurrentWalk<Element: RealElement> {
  let cell: Recurrence.Cell
  let layout: Recurrence.Layout
  let clip: Element?
  private let type: ScalarType
  /// What is kept for the way back.
  let trace: RecurrentTrace
  private(set) var parts = Parts()

  init(
    _ cell: Recurrence.Cell, _ layout: Recurrence.Layout, clip: Element?, type: ScalarType
  ) {
    self.cell = cell
    self.layout = layout
    self.clip = clip
    self.type = type
    trace = RecurrentTrace(cell, layout)
    parts = Self.makeParts(self)
  }

  var hidden: Int { layout.hiddenSize }
  var batch: Int { layout.batch }
  var rows: Int { layout.length * layout.batch }
  /// Numbers of all gates.
  var width: Int { cell.gateCount * hidden }

  var isLinearGRU: Bool { cell == .gru(linearBeforeReset: true) }
  var isGRU: Bool { cell == .gru(linearBeforeReset: false) || isLinearGRU }

  // MARK: Shards

  /// How many parts the batch is cut into, which walk without waiting for each other: by the shape
  /// alone, and so that a part fills the tiles of its products.
  var shardCount: Int { max(1, min(16, batch / 16)) }

  /// The sequences of a part.
  func shard(_ index: Int) -> Range<Int> {
    index * batch / shardCount..<(index + 1) * batch / shardCount
  }

  private var largestShard: Int { (batch + shardCount - 1) / shardCount }

  /// Whether there is less to do than is worth a thread.
  var isSmall: Bool {
    rows * width * (hidden + layout.inputSize) < ProductBlocking.leastParallelWork
  }

  // MARK: Products

  /// The gates whose sums are products with the same state: all of them, or for GRU those of z and r,
  /// and the candidate.
  func gateGroup(_ group: Int) -> (first: Int, count: Int) {
    isGRU ? (group == 0 ? (0, 2) : (2, 1)) : (0, cell.gateCount)
  }

  var gateGroupCount: Int { isGRU ? 2 : 1 }

  /// X · Wᵀ of one step, with packed weights.
  func inputProduct(rows: Int) -> MatrixProduct {
    MatrixProduct(
      type, rows: rows, columns: width, depth: layout.inputSize,
      right: .transposed(layout.inputSize), rightIsPacked: true)
  }

  /// Adds H · Rᵀ of some gates at one step; the product of a linear GRU's candidate stands alone.
  func stateProduct(_ group: Int, rows: Int) -> MatrixProduct {
    let isAlone = group == 1 && isLinearGRU
    return MatrixProduct(
      type, rows: rows, columns: gateGroup(group).count * hidden, depth: hidden,
      right: .transposed(hidden), outputRowStride: isAlone ? hidden : width,
      accumulates: !isAlone, rightIsPacked: true)
  }

  /// The residuals of some gates times R at one step; those of the first group are added.
  func stateResidualProduct(_ group: Int, rows: Int) -> MatrixProduct {
    MatrixProduct(
      type, rows: rows, columns: hidden, depth: gateGroup(group).count * hidden,
      left: .rowMajor(width), accumulates: group == 0, rightIsPacked: true)
  }

  /// The residuals of the inputs of one step, with packed weights.
  func inputResidualProduct(rows: Int) -> MatrixProduct {
    MatrixProduct(
      type, rows: rows, columns: layout.inputSize, depth: width, rightIsPacked: true)
  }

  /// The residuals of some rows of weights: those of the gates at all steps, transposed, times what the
  /// weights were multiplied with.
  ///
  /// - Parameter sharesResiduals: whether they are packed already, as W and R have the same ones.
  func weightResidualProduct(
    gates: Int, columns: Int, sharesResiduals: Bool = false
  ) -> MatrixProduct {
    MatrixProduct(
      type, rows: gates * hidden, columns: columns, depth: rows, left: .transposed(width),
      leftIsPacked: sharesResiduals)
  }

  /// Elements of workspace of the products of one part.
  private var shardProductCount: Int {
    var most = max(
      inputProduct(rows: largestShard).workspaceByteCount,
      inputResidualProduct(rows: largestShard).workspaceByteCount)
    for group in 0..<gateGroupCount {
      most = max(most, stateProduct(group, rows: largestShard).workspaceByteCount)
      most = max(most, stateResidualProduct(group, rows: largestShard).workspaceByteCount)
    }
    return most / MemoryLayout<Element>.stride
  }

  /// Elements of workspace of the products over all steps.
  private var wholeProductCount: Int {
    let gates = cell.gateCount
    let products = [
      weightResidualProduct(gates: gates, columns: layout.inputSize, sharesResiduals: !isGRU),
      weightResidualProduct(gates: gates, columns: hidden, sharesResiduals: !isGRU),
      weightResidualProduct(gates: 1, columns: hidden),
    ]
    return products.reduce(0) { max($0, $1.workspaceByteCount) } / MemoryLayout<Element>.stride
  }

  /// Elements of the residuals of all sums as products with them read them, where W and R share them.
  private var packedResidualCount: Int {
    isGRU
      ? 0
      : weightResidualProduct(gates: cell.gateCount, columns: hidden).packedLeftByteCount
        / MemoryLayout<Element>.stride
  }

  // MARK: Workspace

  /// Where its parts begin, in elements.
  struct Parts {
    /// Room for the residuals of the inputs of one step.
    var inputScratch = 0
    /// The biases as they are added, and the weights as products read them: W, and R by groups of gates.
    var biases = 0
    var inputWeights = 0
    var stateWeights = (0, 0)
    /// The sums of one step.
    var stepSums = 0
    /// The residuals of the sums, for inputs and for states.
    var inputResiduals = 0
    var stateResiduals = 0
    /// The residuals of the state and the cell behind the step, and one more row of states.
    var stateResidual = 0
    var cellResidual = 0
    var scratch = 0
    /// The residuals of all sums, packed for the products over all steps.
    var packedResiduals = 0
    /// The workspace of the products over all steps, or of those of each part of the batch.
    var product = 0
    var shardProductCount = 0
    var count = 0
  }

  /// Forward and backward weights take turns in one place, as do the products of parts and of all steps.
  private static func makeParts(_ walk: RecurrentWalk) -> Parts {
    let layout = walk.layout
    let (hidden, batch, rows, width) = (walk.hidden, walk.batch, walk.rows, walk.width)
    var parts = Parts()
    var next = 0
    func take(_ count: Int) -> Int {
      defer { next += count.roundedUp(toMultipleOf: 16) }
      return next
    }
    func take(_ forward: MatrixProduct, _ backward: MatrixProduct) -> Int {
      take(
        max(forward.packedRightByteCount, backward.packedRightByteCount)
          / MemoryLayout<Element>.stride)
    }
    parts.inputScratch = take(batch * layout.inputSize)
    parts.biases = take(width)
    parts.stepSums = take(batch * width)
    parts.inputWeights = take(walk.inputProduct(rows: 1), walk.inputResidualProduct(rows: 1))
    parts.stateWeights.0 = take(
      walk.stateProduct(0, rows: 1), walk.stateResidualProduct(0, rows: 1))
    if walk.isGRU {
      parts.stateWeights.1 = take(
        walk.stateProduct(1, rows: 1), walk.stateResidualProduct(1, rows: 1))
    }
    parts.inputResiduals = take(rows * width)
    parts.stateResiduals = walk.isGRU ? take(rows * width) : parts.inputResiduals
    parts.stateResidual = take(batch * hidden)
    parts.cellResidual = take(batch * hidden)
    parts.scratch = take(batch * hidden)
    parts.packedResiduals = take(walk.packedResidualCount)
    parts.shardProductCount = walk.shardProductCount.roundedUp(toMultipleOf: 16)
    parts.product = take(max(walk.shardCount * parts.shardProductCount, walk.wholeProductCount))
    parts.count = next
    return parts
  }

  /// Bytes of workspace, without the trace.
  var workspaceByteCount: Int { parts.count * MemoryLayout<Element>.stride }
}

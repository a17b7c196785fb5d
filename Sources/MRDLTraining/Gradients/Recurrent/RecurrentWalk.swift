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

  init(
    _ cell: Recurrence.Cell, _ layout: Recurrence.Layout, clip: Element?, type: ScalarType
  ) {
    self.cell = cell
    self.layout = layout
    self.clip = clip
    self.type = type
  }

  var hidden: Int { layout.hiddenSize }
  var batch: Int { layout.batch }
  var rows: Int { layout.length * layout.batch }
  /// Numbers of all gates.
  var width: Int { cell.gateCount * hidden }

  var isLinearGRU: Bool { cell == .gru(linearBeforeReset: true) }
  var isGRU: Bool { cell == .gru(linearBeforeReset: false) || isLinearGRU }

  // MARK: Products

  /// X · Wᵀ for all steps.
  var inputProduct: MatrixProduct {
    MatrixProduct(
      type, rows: rows, columns: width, depth: layout.inputSize,
      right: .transposed(layout.inputSize))
  }

  /// Adds H · Rᵀ of some gates at one step.
  func stateProduct(gates: Int, accumulates: Bool, stride: Int) -> MatrixProduct {
    MatrixProduct(
      type, rows: batch, columns: gates * hidden, depth: hidden, right: .transposed(hidden),
      outputRowStride: stride, accumulates: accumulates)
  }

  /// Adds the residuals of some gates times R at one step.
  func stateResidualProduct(gates: Int, accumulates: Bool) -> MatrixProduct {
    MatrixProduct(
      type, rows: batch, columns: hidden, depth: gates * hidden, left: .rowMajor(width),
      accumulates: accumulates)
  }

  /// The residuals of the inputs of one step.
  var inputResidualProduct: MatrixProduct {
    MatrixProduct(type, rows: batch, columns: layout.inputSize, depth: width)
  }

  /// The residuals of some rows of weights: those of the gates at all steps, transposed, times what the
  /// weights were multiplied with.
  func weightResidualProduct(gates: Int, columns: Int) -> MatrixProduct {
    MatrixProduct(
      type, rows: gates * hidden, columns: columns, depth: rows, left: .transposed(width))
  }

  private var products: [MatrixProduct] {
    let gates = cell.gateCount
    return [
      inputProduct, inputResidualProduct,
      stateProduct(gates: gates, accumulates: true, stride: width),
      stateProduct(gates: 1, accumulates: false, stride: hidden),
      stateResidualProduct(gates: gates, accumulates: true),
      stateResidualProduct(gates: 1, accumulates: false),
      weightResidualProduct(gates: gates, columns: layout.inputSize),
      weightResidualProduct(gates: gates, columns: hidden),
    ]
  }

  // MARK: Workspace

  /// Where its parts begin, in elements.
  struct Parts {
    /// The inputs of all steps, and room for the residuals of those of one step.
    var x = 0
    var inputScratch = 0
    /// What the gates are made of, as it goes into their functions, and the gates.
    var sums = 0
    var gates = 0
    /// The states before each step, with one more behind the last; and those of cells.
    var states = 0
    var cells = 0
    /// LSTM: the function of the cell state. GRU: the product of the candidate with the state, or what it
    /// is multiplied with.
    var extra = 0
    /// The residuals of the sums, for inputs and for states.
    var inputResiduals = 0
    var stateResiduals = 0
    /// The residuals of the state and the cell behind the step, and one more row of states.
    var stateResidual = 0
    var cellResidual = 0
    var scratch = 0
    var product = 0
  }

  var parts: Parts {
    var parts = Parts()
    var next = 0
    func take(_ count: Int) -> Int {
      defer { next += (count + 15) / 16 * 16 }
      return next
    }
    let stateCount = (layout.length + 1) * batch * hidden
    parts.x = take(rows * layout.inputSize)
    parts.inputScratch = take(batch * layout.inputSize)
    parts.sums = take(rows * width)
    parts.gates = take(rows * width)
    parts.states = take(stateCount)
    parts.cells = take(stateCount)
    parts.extra = take(rows * hidden)
    parts.inputResiduals = take(rows * width)
    parts.stateResiduals = isGRU ? take(rows * width) : parts.inputResiduals
    parts.stateResidual = take(batch * hidden)
    parts.cellResidual = take(batch * hidden)
    parts.scratch = take(batch * hidden)
    parts.product = next
    return parts
  }

  var workspaceByteCount: Int {
    parts.product * MemoryLayout<Element>.stride
      + products.reduce(0) { max($0, $1.workspaceByteCount) }
  }
}

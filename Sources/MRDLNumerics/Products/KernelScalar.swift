package import CMRDLKernels

/// An element type that the C kernels of products and convolutions are written for.
///
/// Its members are the kernels of the instruction set in use; `mrdl_kernels.h` documents them.
package protocol KernelScalar: BinaryFloatingPoint, Sendable {
  /// The largest height of the tile that a product keeps in registers.
  static var tileRows: Int { get }
  /// The width of that tile.
  static var tileColumns: Int { get }

  static func multiply(_ block: borrowing ProductBlock<Self>)

  static func packLeft(
    rows: Int, panels: Range<Int>, depth: Int, alpha: Self, _ matrix: UnsafePointer<Self>,
    rowStride: Int, columnStride: Int, into packed: UnsafeMutablePointer<Self>)

  static func packRight(
    depth: Int, columns: Int, _ matrix: UnsafePointer<Self>, rowStride: Int, columnStride: Int,
    into packed: UnsafeMutablePointer<Self>)

  static func packPatches(
    _ window: mrdl_window, _ input: UnsafePointer<Self>, rows: Range<Int>, columns: Range<Int>,
    into packed: UnsafeMutablePointer<Self>)

  /// output[i][j] = rowBias[i] + Σ left[i][k] · right[offsets[k] + j], held between two bounds where they
  /// are given; columns are rounded up to whole registers.
  static func multiplyShifted(
    rows: Int, panels: Range<Int>, columns: Int, depth: Int, left: UnsafePointer<Self>,
    right: UnsafePointer<Self>, offsets: UnsafePointer<Int>,
    output: UnsafeMutablePointer<Self>, outputRowStride: Int, rowBias: UnsafePointer<Self>?,
    bounds: (low: Double, high: Double)?)

  static func convolveRows(_ rows: borrowing ConvolutionRows<Self>)

  static func copyRows(
    _ rows: Int, columns: Int, from source: UnsafePointer<Self>, rowStride: Int,
    to target: UnsafeMutablePointer<Self>, rowStride targetStride: Int)

  /// y = matrix · x (+ y).
  static func multiplyRows(
    rows: Int, columns: Int, _ matrix: UnsafePointer<Self>, rowStride: Int,
    _ x: UnsafePointer<Self>, into y: UnsafeMutablePointer<Self>, accumulates: Bool)

  /// y = x · matrix (+ y).
  static func multiplyColumns(
    rows: Int, columns: Int, _ matrix: UnsafePointer<Self>, rowStride: Int,
    _ x: UnsafePointer<Self>, into y: UnsafeMutablePointer<Self>, accumulates: Bool)

  /// Adds biases and a residual, which lies as the output, and applies an activation, in place.
  static func finish(
    rows: Int, columns: Int, _ output: UnsafeMutablePointer<Self>, rowStride: Int,
    rowBias: UnsafePointer<Self>?, columnBias: UnsafePointer<Self>?, residual: UnsafePointer<Self>?,
    _ activation: Activation)

  /// Elements in a register.
  static var lanes: Int { get }

  /// The steps of one run of a recurrent layer as the kernels read them, `mrdl_f32_recurrence`.
  associatedtype RecurrentArguments

  static func arguments(of steps: borrowing RecurrentSteps<Self>) -> RecurrentArguments

  /// Computes some blocks of units of a recurrent layer at one step.
  static func advance(
    _ steps: UnsafePointer<RecurrentArguments>, step: Int, phase: Int, blocks: Range<Int>)

  static func convolveDepthwise(
    _ window: mrdl_window, planes: Int, _ input: UnsafePointer<Self>,
    weights: UnsafePointer<Self>, bias: UnsafePointer<Self>?,
    into output: UnsafeMutablePointer<Self>)

  /// Softmax, or its logarithm, along dense rows.
  static func normalizeExponentials(
    rows: Int, columns: Int, _ x: UnsafePointer<Self>, into y: UnsafeMutablePointer<Self>,
    isLogarithmic: Bool)

  static func reduce(_ kind: Reduction.Kind, count: Int, _ x: UnsafePointer<Self>) -> Self

  /// Takes one step along the axis into each of `count` results.
  static func accumulate(
    _ kind: Reduction.Kind, count: Int, _ x: UnsafePointer<Self>,
    into y: UnsafeMutablePointer<Self>)
}

/// One block of a product, as `mrdl_f32_gemm_block` describes it.
package struct ProductBlock<Scalar> {
  /// The rows of the whole left matrix.
  package var rows: Int
  package var panels: Range<Int>
  package var columns: Int
  package var depth: Int
  package var left: UnsafePointer<Scalar>
  package var right: UnsafePointer<Scalar>
  package var rightPanelStride: Int
  package var rightRowStride: Int
  /// Whether the right matrix lies packed further away than in the second cache.
  package var fetchesRight: Bool
  package var output: UnsafeMutablePointer<Scalar>
  package var outputRowStride: Int
  package var accumulates: Bool
  package var rowBias: UnsafePointer<Scalar>?
  package var columnBias: UnsafePointer<Scalar>?
  package var residual: UnsafePointer<Scalar>?
  package var bounds: (low: Double, high: Double)?

  package init(
    rows: Int, panels: Range<Int>, columns: Int, depth: Int, left: UnsafePointer<Scalar>,
    right: UnsafePointer<Scalar>, rightPanelStride: Int, rightRowStride: Int,
    fetchesRight: Bool = false, output: UnsafeMutablePointer<Scalar>, outputRowStride: Int,
    accumulates: Bool,
    rowBias: UnsafePointer<Scalar>?, columnBias: UnsafePointer<Scalar>?,
    residual: UnsafePointer<Scalar>? = nil, bounds: (low: Double, high: Double)?
  ) {
    self.rows = rows
    self.panels = panels
    self.columns = columns
    self.depth = depth
    self.left = left
    self.right = right
    self.rightPanelStride = rightPanelStride
    self.rightRowStride = rightRowStride
    self.fetchesRight = fetchesRight
    self.output = output
    self.outputRowStride = outputRowStride
    self.accumulates = accumulates
    self.rowBias = rowBias
    self.columnBias = columnBias
    self.residual = residual
    self.bounds = bounds
  }
}

/// Some rows of a convolution at stride 1, as `mrdl_f32_row_convolution` describes them.
package struct ConvolutionRows<Scalar> {
  package let channels: Int
  package let rows: Int
  package let columns: Int
  package let depth: Int
  package let offsets: UnsafePointer<Int>
  package let input: UnsafePointer<Scalar>
  package let inputRowStride: Int
  package let weights: UnsafePointer<Scalar>
  package let output: UnsafeMutablePointer<Scalar>
  package let outputRowStride: Int
  package let outputPlaneStride: Int
  package let bias: UnsafePointer<Scalar>?
  package let bounds: (low: Double, high: Double)?
}

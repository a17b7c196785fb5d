package import MRDLCore

/// A product of two matrices with what surrounds it: activation(alpha · A · B + biases + residual),
/// or Y += alpha · A · B.
///
/// Strides are in elements. The result is row-major. Results do not depend on the number of threads.
/// A run allocates nothing.
package struct MatrixProduct: Sendable {
  /// Where the elements of a matrix lie.
  package struct Layout: Sendable, Hashable {
    package var rowStride: Int
    package var columnStride: Int

    package init(rowStride: Int, columnStride: Int) {
      self.rowStride = rowStride
      self.columnStride = columnStride
    }

    /// Rows one after the other, each of so many elements.
    package static func rowMajor(_ columns: Int) -> Layout {
      Layout(rowStride: columns, columnStride: 1)
    }

    /// The transpose of a row-major matrix with rows of so many elements.
    package static func transposed(_ rows: Int) -> Layout {
      Layout(rowStride: 1, columnStride: rows)
    }
  }

  package let scalarType: ScalarType
  package let rows: Int
  package let columns: Int
  package let depth: Int
  package let left: Layout
  package let right: Layout
  package let outputRowStride: Int
  package let alpha: Double
  /// What is done to each sum before it is written.
  package let epilogue: Epilogue
  /// Whether the product is added to what stands in the output; biases and a residual are not added
  /// then.
  package let accumulates: Bool
  /// Whether the left matrix is given as `packLeft` makes it.
  package let leftIsPacked: Bool
  /// Whether the right matrix is given as `packRight` makes it.
  package let rightIsPacked: Bool
  let blocking: ProductBlocking
  /// Pieces that run at the same time have a part of the workspace each.
  let slotCount: Int
  /// How many threads share the rows out, where they do so; 1 where they share the columns.
  private let rowShares: Int
  private let isVector: Bool

  /// - Parameters:
  ///   - scalarType: float32 or float64.
  ///   - rows, columns, depth: the left matrix is `rows` × `depth`, the right one `depth` × `columns`.
  ///   - left, right: their layouts; by default row-major and dense.
  ///   - outputRowStride: by default `columns`.
  ///   - sharesRows: whether threads may share the rows out, as in layers one after the other: what a thread
  ///     writes in one of them it reads in the next. They do so where a thread's second cache holds the right
  ///     matrix, packed.
  /// - Precondition: the scalar type is one of the two.
  package init(
    _ scalarType: ScalarType, rows: Int, columns: Int, depth: Int, left: Layout? = nil,
    right: Layout? = nil, outputRowStride: Int? = nil, alpha: Double = 1,
    epilogue: Epilogue = .none, accumulates: Bool = false, leftIsPacked: Bool = false,
    rightIsPacked: Bool = false, sharesRows: Bool = false
  ) {
    precondition(scalarType == .float32 || scalarType == .float64, "a product of \(scalarType)")
    self.scalarType = scalarType
    self.rows = rows
    self.columns = columns
    self.depth = depth
    self.left = left ?? .rowMajor(depth)
    self.right = right ?? .rowMajor(columns)
    self.outputRowStride = outputRowStride ?? columns
    self.alpha = alpha
    self.epilogue = epilogue
    self.accumulates = accumulates
    self.leftIsPacked = leftIsPacked
    self.rightIsPacked = rightIsPacked
    blocking =
      scalarType == .float32
      ? ProductBlocking(rows: rows, columns: columns, depth: depth, Float.self)
      : ProductBlocking(rows: rows, columns: columns, depth: depth, Double.self)
    slotCount = blocking.slotCount()
    rowShares =
      sharesRows && rightIsPacked && !leftIsPacked
      ? Self.rowShares(blocking, elementByteCount: scalarType == .float32 ? 4 : 8) : 1
    isVector =
      alpha == 1
      && Self.isVector(
        rows: rows, columns: columns, left: self.left, right: self.right,
        outputRowStride: self.outputRowStride, leftIsPacked: leftIsPacked,
        rightIsPacked: rightIsPacked)
  }

  /// A share has at least so many rows: fewer do not make up for reading all weights.
  private static let leastRows = 8

  private static func rowShares(_ blocking: ProductBlocking, elementByteCount: Int) -> Int {
    let work = blocking.rows * blocking.columns * blocking.depth
    let shares = min(WorkerPool.size, work / ProductBlocking.leastParallelWork)
    let fits =
      blocking.packedRightCount * elementByteCount <= Environment.secondCacheByteCount / 2
    return fits && shares > 1 && blocking.rows >= shares * leastRows ? shares : 1
  }

  private static func isVector(
    rows: Int, columns: Int, left: Layout, right: Layout, outputRowStride: Int, leftIsPacked: Bool,
    rightIsPacked: Bool
  ) -> Bool {
    if leftIsPacked || rightIsPacked { return false }
    if rows == 1 && left.columnStride == 1 {
      return right.columnStride == 1 || right.rowStride == 1
    }
    if columns == 1 && right.rowStride == 1 && outputRowStride == 1 {
      return left.columnStride == 1 || left.rowStride == 1
    }
    return false
  }

  /// A packed right matrix of so many bytes may not be in the second cache when a product begins.
  private static let farByteCount = 262_144
  /// So many rows take as long with a panel as the next one takes to arrive.
  private static let leastFetchingRows = 16

  /// Whether panels of the right matrix are brought near before they are multiplied.
  var fetchesRight: Bool {
    rightIsPacked && rows >= Self.leastFetchingRows && packedRightByteCount >= Self.farByteCount
  }

  /// Whether the pieces of a run may come in the other order with profit: not where each brings the next one near.
  private var turnsRound: Bool { rightIsPacked && !fetchesRight }

  /// Whether the residual may be the same memory as the output.
  package var residualMayBeOutput: Bool { !isVector }

  /// So many columns fill the registers of a panel with any instruction set.
  private static let leastPanelColumns = 64

  /// Whether packing a constant right matrix ahead makes a product faster: for one row unless there are few
  /// columns that are dense, because panels are read as they lie, from the first byte to the last.
  package static func gainsFromPackedRight(rows: Int, columns: Int, right: Layout) -> Bool {
    rows > 1 || right.rowStride != 1 || columns >= leastPanelColumns
  }

  /// Whether packing a constant left matrix ahead makes a product of so many columns faster.
  package static func gainsFromPackedLeft(columns: Int) -> Bool { columns > 1 }

  /// Whether the left matrix is packed as it stands: one dense row.
  private var leftNeedsNoPacking: Bool { rows == 1 && left.columnStride == 1 && alpha == 1 }

  /// The bytes that `run` needs as workspace, aligned to 64.
  package var workspaceByteCount: Int {
    if isVector || rows == 0 || columns == 0 { return 0 }
    let leftCount =
      leftIsPacked || leftNeedsNoPacking ? 0 : blocking.packedLeftCount.roundedUp(toMultipleOf: 16)
    let rightCount =
      rightIsPacked ? 0 : slotCount * blocking.rightBlockCount.roundedUp(toMultipleOf: 16)
    return (leftCount + rightCount) * elementByteCount
  }

  /// The bytes of the left matrix as `packLeft` makes it.
  package var packedLeftByteCount: Int { blocking.packedLeftCount * elementByteCount }

  /// The bytes of the right matrix as `packRight` makes it.
  package var packedRightByteCount: Int { blocking.packedRightCount * elementByteCount }

  /// A name for the layout that `packLeft` makes, the same for two products when they can share it.
  package var packedLeftLayout: String {
    "left/\(scalarType.rawValue)/\(rows)x\(depth)/\(left.rowStride),\(left.columnStride)/\(alpha)/"
      + "\(blocking.rowPanels.count),\(blocking.depthStep)"
  }

  /// A name for the layout that `packRight` makes, the same for two products when they can share it.
  package var packedRightLayout: String {
    "right/\(scalarType.rawValue)/\(depth)x\(columns)/\(right.rowStride),\(right.columnStride)/"
      + "\(blocking.tileColumns),\(blocking.depthStep)"
  }

  private var elementByteCount: Int { scalarType == .float32 ? 4 : 8 }

  /// Packs the left matrix, with `alpha`, for products of any number of columns.
  ///
  /// - Parameter threadLimit: how many threads may take part; 0 for all.
  package func packLeft(
    _ matrix: UnsafeRawPointer, into packed: UnsafeMutableRawPointer, threadLimit: Int = 1
  ) {
    if scalarType == .float32 {
      packLeft(matrix, into: packed, threadLimit, Float.self)
    } else {
      packLeft(matrix, into: packed, threadLimit, Double.self)
    }
  }

  /// Packs the right matrix for products of any number of rows.
  package func packRight(_ matrix: UnsafeRawPointer, into packed: UnsafeMutableRawPointer) {
    if scalarType == .float32 {
      packRight(matrix, into: packed, Float.self)
    } else {
      packRight(matrix, into: packed, Double.self)
    }
  }

  /// Computes the product.
  ///
  /// - Parameters:
  ///   - left, right: element (0, 0), or the packed matrix.
  ///   - rowBias: a value for each row; `columnBias`: one for each column.
  ///   - residual: laid out as the output; there exactly where the epilogue adds one.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64; nil when there are none.
  ///   - threadLimit: how many threads may take part; 0 for all.
  ///   - startsFromEnd: whether a single thread goes through a packed right matrix from the end, for few rows.
  ///     Where the second cache holds it but for a part, a product that turns round at each run finds most of
  ///     it there, one that begins at the same place each time next to nothing.
  /// - Complexity: O(rows · columns · depth).
  package func run(
    left: UnsafeRawPointer, right: UnsafeRawPointer, output: UnsafeMutableRawPointer,
    rowBias: UnsafeRawPointer? = nil, columnBias: UnsafeRawPointer? = nil,
    residual: UnsafeRawPointer? = nil, workspace: UnsafeMutableRawPointer?, threadLimit: Int,
    startsFromEnd: Bool = false
  ) {
    if rows == 0 || columns == 0 { return }
    if scalarType == .float32 {
      run(
        left, right, output, rowBias, columnBias, residual, workspace, threadLimit, startsFromEnd,
        Float.self)
    } else {
      run(
        left, right, output, rowBias, columnBias, residual, workspace, threadLimit, startsFromEnd,
        Double.self)
    }
  }

  // MARK: By type

  private func packLeft<Scalar: KernelScalar>(
    _ matrix: UnsafeRawPointer, into packed: UnsafeMutableRawPointer, _ threadLimit: Int,
    _: Scalar.Type
  ) {
    let step = max(1, (blocking.rowPanels.count + 7) / 8)
    WorkerPool.run(
      LeftPacking<Scalar>(
        product: self, matrix: matrix.assumingMemoryBound(to: Scalar.self),
        packed: packed.assumingMemoryBound(to: Scalar.self), panelStep: step),
      count: (blocking.rowPanels.count + step - 1) / step,
      threadLimit: rows * depth < ProductBlocking.leastParallelWork ? 1 : threadLimit)
  }

  private func packRight<Scalar: KernelScalar>(
    _ matrix: UnsafeRawPointer, into packed: UnsafeMutableRawPointer, _: Scalar.Type
  ) {
    let matrix = matrix.assumingMemoryBound(to: Scalar.self)
    let packed = packed.assumingMemoryBound(to: Scalar.self)
    for k in stride(from: 0, to: depth, by: blocking.depthStep) {
      Scalar.packRight(
        depth: min(blocking.depthStep, depth - k), columns: columns, matrix + k * right.rowStride,
        rowStride: right.rowStride, columnStride: right.columnStride,
        into: packed + k * blocking.paddedColumns)
    }
  }

  private func run<Scalar: KernelScalar>(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ output: UnsafeMutableRawPointer,
    _ rowBias: UnsafeRawPointer?, _ columnBias: UnsafeRawPointer?, _ residual: UnsafeRawPointer?,
    _ workspace: UnsafeMutableRawPointer?, _ threadLimit: Int, _ startsFromEnd: Bool,
    _: Scalar.Type
  ) {
    let left = left.assumingMemoryBound(to: Scalar.self)
    let right = right.assumingMemoryBound(to: Scalar.self)
    let output = output.assumingMemoryBound(to: Scalar.self)
    let rowBias = rowBias?.assumingMemoryBound(to: Scalar.self)
    let columnBias = columnBias?.assumingMemoryBound(to: Scalar.self)
    let residual = residual?.assumingMemoryBound(to: Scalar.self)
    if isVector {
      let work = VectorProduct(
        product: self, left: left, right: right, output: output, rowBias: rowBias,
        columnBias: columnBias, residual: residual)
      WorkerPool.run(work, count: work.pieceCount, threadLimit: threadLimit)
      return
    }
    // Without a workspace nothing has to be packed, and its parts are empty.
    var free = workspace?.assumingMemoryBound(to: Scalar.self)
    var packedLeft = left
    if rowShares > 1, threadLimit != 1, let packed = free {
      let whole = PackedProduct(
        product: self, left: UnsafePointer(packed), right: right, output: output, rowBias: rowBias,
        columnBias: columnBias, residual: residual, blocks: nil, blockCount: 0,
        startsFromEnd: false)
      WorkerPool.run(
        RowShares(whole: whole, matrix: left, packed: packed, count: rowShares), count: rowShares,
        threadLimit: threadLimit)
      return
    }
    let limit = WorkerPool.limit(threadLimit, slots: slotCount)
    if !leftIsPacked, !leftNeedsNoPacking, let packed = free {
      packLeft(UnsafeRawPointer(left), into: packed, threadLimit, Scalar.self)
      packedLeft = UnsafePointer(packed)
      free = packed + blocking.packedLeftCount.roundedUp(toMultipleOf: 16)
    }
    WorkerPool.run(
      PackedProduct(
        product: self, left: packedLeft, right: right, output: output, rowBias: rowBias,
        columnBias: columnBias, residual: residual, blocks: free,
        blockCount: blocking.rightBlockCount.roundedUp(toMultipleOf: 16),
        startsFromEnd: startsFromEnd && turnsRound && (limit == 1 || WorkerPool.size == 1)),
      count: blocking.pieceCount, threadLimit: limit)
  }
}

/// Packs some panels of the left matrix, at all depths.
private struct LeftPacking<Scalar: KernelScalar>: ParallelWork {
  let product: MatrixProduct
  let matrix: UnsafePointer<Scalar>
  let packed: UnsafeMutablePointer<Scalar>
  let panelStep: Int

  func run(index: Int, slot: Int) {
    let blocking = product.blocking
    let first = index * panelStep
    for k in stride(from: 0, to: product.depth, by: blocking.depthStep) {
      Scalar.packLeft(
        rows: product.rows, panels: first..<min(first + panelStep, blocking.rowPanels.count),
        depth: min(blocking.depthStep, product.depth - k), alpha: Scalar(product.alpha),
        matrix + k * product.left.columnStride, rowStride: product.left.rowStride,
        columnStride: product.left.columnStride, into: packed + k * product.rows)
    }
  }
}

/// One piece of a product whose left matrix is packed.
private struct PackedProduct<Scalar: KernelScalar>: ParallelWork {
  let product: MatrixProduct
  let left: UnsafePointer<Scalar>
  let right: UnsafePointer<Scalar>
  let output: UnsafeMutablePointer<Scalar>
  let rowBias: UnsafePointer<Scalar>?
  let columnBias: UnsafePointer<Scalar>?
  let residual: UnsafePointer<Scalar>?
  /// Where each slot packs its part of the right matrix.
  let blocks: UnsafeMutablePointer<Scalar>?
  let blockCount: Int
  /// Whether the last piece comes first.
  let startsFromEnd: Bool

  func run(index: Int, slot: Int) {
    let blocking = product.blocking
    let index = startsFromEnd ? blocking.pieceCount - 1 - index : index
    run(
      rows: 0..<product.rows, panels: blocking.panelRange(index),
      columns: blocking.columnRange(index), slot: slot)
  }

  /// Computes some panels of some rows, which were packed for themselves, and some columns.
  func run(rows: Range<Int>, panels: Range<Int>, columns: Range<Int>, slot: Int) {
    let blocking = product.blocking
    let depth = product.depth
    let left = left + rows.lowerBound * depth
    let start = rows.lowerBound * product.outputRowStride + columns.lowerBound
    let rowBias = rowBias.map { $0 + rows.lowerBound }
    let activation = product.epilogue.activation
    var k = 0
    repeat {
      let step = min(blocking.depthStep, depth - k)
      let block: UnsafePointer<Scalar>
      if product.rightIsPacked {
        block = right + k * blocking.paddedColumns + columns.lowerBound * step
      } else if let blocks {
        let target = blocks + slot * blockCount
        let layout = product.right
        Scalar.packRight(
          depth: step, columns: columns.count,
          right + k * layout.rowStride + columns.lowerBound * layout.columnStride,
          rowStride: layout.rowStride, columnStride: layout.columnStride, into: target)
        block = UnsafePointer(target)
      } else {
        preconditionFailure("a product needs its workspace")
      }
      let isLast = k + step >= depth
      Scalar.multiply(
        ProductBlock(
          rows: rows.count, panels: panels, columns: columns.count, depth: step,
          left: left + k * rows.count, right: block,
          rightPanelStride: blocking.tileColumns * step, rightRowStride: blocking.tileColumns,
          fetchesRight: product.fetchesRight, output: output + start,
          outputRowStride: product.outputRowStride,
          accumulates: product.accumulates || k > 0, rowBias: rowBias,
          columnBias: columnBias.map { $0 + columns.lowerBound },
          residual: product.accumulates ? nil : residual.map { $0 + start },
          bounds: isLast ? activation.bounds : nil))
      k += step
    } while k < depth
    if activation.needsSecondPass {
      let finished = Scalar.panels(rows: rows.count).rows(of: panels)
      Scalar.finish(
        rows: finished.count, columns: columns.count,
        output + start + finished.lowerBound * product.outputRowStride,
        rowStride: product.outputRowStride, rowBias: nil, columnBias: nil, residual: nil,
        activation)
    }
  }
}

/// The rows of a product shared out among threads; each packs those it computes.
private struct RowShares<Scalar: KernelScalar>: ParallelWork {
  let whole: PackedProduct<Scalar>
  let matrix: UnsafePointer<Scalar>
  let packed: UnsafeMutablePointer<Scalar>
  let count: Int

  func run(index: Int, slot: Int) {
    let product = whole.product
    let rows = index * product.rows / count..<(index + 1) * product.rows / count
    let panels = 0..<Scalar.panels(rows: rows.count).count
    let start = packed + rows.lowerBound * product.depth
    let first = matrix + rows.lowerBound * product.left.rowStride
    for k in stride(from: 0, to: product.depth, by: product.blocking.depthStep) {
      Scalar.packLeft(
        rows: rows.count, panels: panels, depth: min(product.blocking.depthStep, product.depth - k),
        alpha: Scalar(product.alpha), first + k * product.left.columnStride,
        rowStride: product.left.rowStride, columnStride: product.left.columnStride,
        into: start + k * rows.count)
    }
    whole.run(rows: rows, panels: panels, columns: 0..<product.columns, slot: slot)
  }
}

/// A product with one row or one column.
private struct VectorProduct<Scalar: KernelScalar>: ParallelWork {
  let product: MatrixProduct
  let left: UnsafePointer<Scalar>
  let right: UnsafePointer<Scalar>
  let output: UnsafeMutablePointer<Scalar>
  let rowBias: UnsafePointer<Scalar>?
  let columnBias: UnsafePointer<Scalar>?
  let residual: UnsafePointer<Scalar>?

  private var length: Int { product.rows == 1 ? product.columns : product.rows }

  /// Elements of the result in one piece: those of about 256 Ki elements of the matrix, in whole lines of
  /// the cache.
  private var step: Int { max(64, 262_144 / max(product.depth, 1) / 64 * 64) }

  var pieceCount: Int { (length + step - 1) / step }

  func run(index: Int, slot: Int) {
    let first = index * step
    let count = min(step, length - first)
    let isRow = product.rows == 1
    let (matrix, vector) = isRow ? (right, left) : (left, right)
    // The matrix as one of `length` rows, whichever side it stands on.
    let layout =
      isRow
      ? MatrixProduct.Layout(
        rowStride: product.right.columnStride, columnStride: product.right.rowStride)
      : product.left
    if layout.columnStride == 1 {
      Scalar.multiplyRows(
        rows: count, columns: product.depth, matrix + first * layout.rowStride,
        rowStride: layout.rowStride, vector, into: output + first,
        accumulates: product.accumulates)
    } else {
      Scalar.multiplyColumns(
        rows: product.depth, columns: count, matrix + first, rowStride: layout.columnStride,
        vector, into: output + first, accumulates: product.accumulates)
    }
    let alongBias = isRow ? columnBias : rowBias
    let acrossBias = isRow ? rowBias : columnBias
    Scalar.finish(
      rows: 1, columns: count, output + first, rowStride: count,
      rowBias: product.accumulates ? nil : acrossBias,
      columnBias: product.accumulates ? nil : alongBias.map { $0 + first },
      residual: product.accumulates ? nil : residual.map { $0 + first },
      product.epilogue.activation)
  }
}

/// How a product of a `rows` × `depth` and a `depth` × `columns` matrix is cut into pieces.
///
/// Sizes come from this table and the shape only. Every element of the result is summed in the order of
/// the depth however the product is cut, so that blocking decides speed and nothing else.
package struct ProductBlocking: Sendable, Hashable {
  package let rows: Int
  package let columns: Int
  package let depth: Int
  /// Panels of the left matrix.
  package let rowPanels: RowPanels
  /// The width of a panel of the right matrix.
  package let tileColumns: Int
  /// The depth of one pass: a panel of the right matrix so deep stays near the first cache.
  package let depthStep: Int
  /// Panels of the right matrix.
  private let columnPanelCount: Int
  /// Pieces of whole panels, so narrow that they stay in the second cache at `depthStep`.
  package let columnPieces: Int
  /// The left panels of one piece.
  package let panelStep: Int
  package let rowPieces: Int

  /// Below so many multiplications a product stays in one piece: about ten microseconds, where waking a
  /// thread takes up to fifty.
  package static let leastParallelWork = 262_144

  package init<Scalar: KernelScalar>(
    rows: Int, columns: Int, depth: Int, copies: Int = 1, _: Scalar.Type
  ) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
    rowPanels = Scalar.panels(rows: rows)
    let panelCount = rowPanels.count
    tileColumns = Scalar.tileColumns
    // Passes of one depth, so that none is too short to be worth reading the result again.
    let mostDepth = MemoryLayout<Scalar>.size == 4 ? 512 : 256
    let passes = max(1, (depth + mostDepth - 1) / mostDepth)
    depthStep = max(1, (depth + passes - 1) / passes)
    // 400 KB or 512 KB of the right matrix.
    let mostElements = MemoryLayout<Scalar>.size == 4 ? 98_304 : 65_536
    let mostPanels = max(1, mostElements / depthStep / tileColumns)
    let panels = (columns + tileColumns - 1) / tileColumns
    columnPanelCount = panels
    // As many pieces as are worth a thread, up to eight among all copies of the product.
    let work = rows * columns * max(depth, 1)
    let wanted = max(1, min((8 + copies - 1) / copies, work / Self.leastParallelWork))
    var columnPieces = min(panels, max(wanted, (panels + mostPanels - 1) / mostPanels))
    // As many for each of two threads.
    if columnPieces > 1 { columnPieces = min(panels, columnPieces + columnPieces % 2) }
    self.columnPieces = columnPieces
    // Every piece packs its part of the right matrix, so that rows are cut only where columns are few.
    let rowPiecesWanted = max(1, min(wanted / max(1, columnPieces), panelCount / 4))
    panelStep = max(1, (panelCount + rowPiecesWanted - 1) / rowPiecesWanted)
    rowPieces = (panelCount + panelStep - 1) / panelStep
  }

  /// The pieces of one product.
  package var pieceCount: Int { columnPieces * rowPieces }

  /// How many of the pieces of some products may run at the same time.
  package func slotCount(copies: Int = 1) -> Int {
    let pieces = pieceCount * copies
    return pieces > 1 ? min(WorkerPool.size, pieces) : 1
  }

  /// Columns rounded up to whole panels.
  package var paddedColumns: Int { columnPanelCount * tileColumns }

  /// The columns of a piece.
  package func columnRange(_ piece: Int) -> Range<Int> {
    let index = piece % columnPieces
    let first = index * columnPanelCount / columnPieces * tileColumns
    let last = (index + 1) * columnPanelCount / columnPieces * tileColumns
    return first..<min(last, columns)
  }

  /// The left panels of a piece.
  package func panelRange(_ piece: Int) -> Range<Int> {
    let first = piece / columnPieces * panelStep
    return first..<min(first + panelStep, rowPanels.count)
  }

  /// Elements of the left matrix, packed.
  package var packedLeftCount: Int { rows * depth }

  /// Elements of the right matrix, packed whole.
  package var packedRightCount: Int { paddedColumns * depth }

  /// Elements of one piece's part of the right matrix in one pass.
  package var rightBlockCount: Int {
    let mostPanels = (columnPanelCount + max(1, columnPieces) - 1) / max(1, columnPieces)
    return mostPanels * tileColumns * depthStep
  }
}

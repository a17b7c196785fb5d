/// How a product of a `rows` × `depth` and a `depth` × `columns` matrix is cut into pieces.
///
/// Sizes come from this table and the shape only. Every element of the result is summed in the order of
/// the depth however the product is cut, so that blocking decides speed and nothing else.
package struct ProductBlocking: Sendable, Hashable {
  package let rows: Int
  package let columns: Int
  package let depth: Int
  /// Panels of the left matrix.
  package let panelCount: Int
  /// The width of a panel of the right matrix.
  package let tileColumns: Int
  /// The depth of one pass: a panel of the right matrix so deep stays near the first cache.
  package let depthStep: Int
  /// The columns of one piece, whole panels: so many at `depthStep` stay in the second cache.
  package let columnStep: Int
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
    panelCount = (rows + Scalar.tileRows - 1) / Scalar.tileRows
    tileColumns = Scalar.tileColumns
    // Passes of one depth, so that none is too short to be worth reading the result again.
    let mostDepth = MemoryLayout<Scalar>.size == 4 ? 512 : 256
    let passes = max(1, (depth + mostDepth - 1) / mostDepth)
    depthStep = max(1, (depth + passes - 1) / passes)
    // 400 KB or 512 KB of the right matrix.
    let mostElements = MemoryLayout<Scalar>.size == 4 ? 98_304 : 65_536
    let mostPanels = max(1, mostElements / depthStep / tileColumns)
    let panels = max(1, (columns + tileColumns - 1) / tileColumns)
    // As many pieces as are worth a thread, up to eight among all copies of the product.
    let work = rows * columns * max(depth, 1)
    let wanted = max(1, min((8 + copies - 1) / copies, work / Self.leastParallelWork))
    let panelsPerPiece = min(mostPanels, (panels + wanted - 1) / wanted)
    let columnPieces = (panels + panelsPerPiece - 1) / panelsPerPiece
    columnStep = panelsPerPiece * tileColumns
    self.columnPieces = columns == 0 ? 0 : columnPieces
    // Every piece packs its part of the right matrix, so that rows are cut only where columns are few.
    let rowPiecesWanted = max(1, min(wanted / columnPieces, panelCount / 4))
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
  package var paddedColumns: Int { (columns + tileColumns - 1) / tileColumns * tileColumns }

  /// The columns of a piece.
  package func columnRange(_ piece: Int) -> Range<Int> {
    let first = piece % columnPieces * columnStep
    return first..<min(first + columnStep, columns)
  }

  /// The left panels of a piece.
  package func panelRange(_ piece: Int) -> Range<Int> {
    let first = piece / columnPieces * panelStep
    return first..<min(first + panelStep, panelCount)
  }

  /// The first row of a panel of the left matrix; the rows are shared out evenly.
  package func firstRow(ofPanel panel: Int) -> Int {
    panelCount == 0 ? 0 : panel * (rows / panelCount) + min(panel, rows % panelCount)
  }

  /// Elements of the left matrix, packed.
  package var packedLeftCount: Int { rows * depth }

  /// Elements of the right matrix, packed whole.
  package var packedRightCount: Int { paddedColumns * depth }

  /// Elements of one piece's part of the right matrix in one pass.
  package var rightBlockCount: Int { columnStep * depthStep }
}

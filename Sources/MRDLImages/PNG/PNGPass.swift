/// A part of the pixels of a PNG: all of them, or one of the seven passes of Adam7 (8.1).
struct PNGPass {
  let firstColumn: Int
  let firstRow: Int
  let columnStep: Int
  let rowStep: Int
  /// Pixels of one row of this pass.
  let width: Int
  /// Rows of this pass.
  let height: Int

  static func whole(_ header: PNGHeader) -> PNGPass {
    PNGPass(header, firstColumn: 0, firstRow: 0, columnStep: 1, rowStep: 1)
  }

  /// The passes that have pixels.
  static func adam7(_ header: PNGHeader) -> [PNGPass] {
    [
      PNGPass(header, firstColumn: 0, firstRow: 0, columnStep: 8, rowStep: 8),
      PNGPass(header, firstColumn: 4, firstRow: 0, columnStep: 8, rowStep: 8),
      PNGPass(header, firstColumn: 0, firstRow: 4, columnStep: 4, rowStep: 8),
      PNGPass(header, firstColumn: 2, firstRow: 0, columnStep: 4, rowStep: 4),
      PNGPass(header, firstColumn: 0, firstRow: 2, columnStep: 2, rowStep: 4),
      PNGPass(header, firstColumn: 1, firstRow: 0, columnStep: 2, rowStep: 2),
      PNGPass(header, firstColumn: 0, firstRow: 1, columnStep: 1, rowStep: 2),
    ].filter { $0.width > 0 && $0.height > 0 }
  }

  private init(
    _ header: PNGHeader, firstColumn: Int, firstRow: Int, columnStep: Int, rowStep: Int
  ) {
    self.firstColumn = firstColumn
    self.firstRow = firstRow
    self.columnStep = columnStep
    self.rowStep = rowStep
    width = (header.width - firstColumn + columnStep - 1) / columnStep
    height = (header.height - firstRow + rowStep - 1) / rowStep
  }
}

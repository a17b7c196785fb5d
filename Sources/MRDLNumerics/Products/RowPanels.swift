/// How the rows of the left matrix of a product are shared out to panels, as the kernels do: evenly, and so
/// that none has more rows than a tile.
package struct RowPanels: Sendable, Hashable {
  package let rows: Int
  package let count: Int

  package init(rows: Int, tileRows: Int) {
    self.rows = rows
    count = (rows + tileRows - 1) / tileRows
  }

  /// The first row of a panel, or of the one behind the last.
  package func firstRow(of panel: Int) -> Int {
    count == 0 ? 0 : panel * (rows / count) + min(panel, rows % count)
  }

  /// The rows of some panels.
  package func rows(of panels: Range<Int>) -> Range<Int> {
    firstRow(of: panels.lowerBound)..<firstRow(of: panels.upperBound)
  }
}

extension KernelScalar {
  /// The panels of a left matrix of so many rows.
  package static func panels(rows: Int) -> RowPanels { RowPanels(rows: rows, tileRows: tileRows) }
}

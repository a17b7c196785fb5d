/// Rows of cells in columns, laid out for a terminal.
package struct TextTable: Sendable {
  /// Where a cell stands in its column.
  package enum Alignment: Sendable, Hashable {
    case left
    case right
  }

  /// One column.
  package struct Column: Sendable {
    package let title: String
    package let alignment: Alignment
    /// The columns of the terminal that a cell may take; longer ones are cut.
    package let maximumWidth: Int

    package init(_ title: String, _ alignment: Alignment = .left, maximumWidth: Int = 48) {
      self.title = title
      self.alignment = alignment
      self.maximumWidth = maximumWidth
    }
  }

  package let columns: [Column]
  private var rows: [Row] = []

  private enum Row: Sendable {
    case cells([String])
    case rule
  }

  package init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; cells that are missing at its end are empty.
  ///
  /// - Precondition: there are no more cells than columns.
  package mutating func append(_ cells: [String]) {
    precondition(cells.count <= columns.count, "\(cells.count) cells in \(columns.count) columns")
    rows.append(.cells(cells + Array(repeating: "", count: columns.count - cells.count)))
  }

  /// Adds a line across the table.
  package mutating func appendRule() { rows.append(.rule) }

  /// The lines of the table, the titles first unless all are empty.
  ///
  /// - Parameter indent: spaces before each line.
  package func text(_ style: TextStyle = .plain, indent: Int = 0) -> String {
    let hasTitles = columns.contains { !$0.title.isEmpty }
    let shown = rows.map { row -> [String]? in
      guard case .cells(let cells) = row else { return nil }
      return zip(cells, columns).map { $0.escapedForDisplay.truncated(to: $1.maximumWidth) }
    }
    let widths = columns.indices.map { column in
      shown.reduce(columns[column].title.displayWidth) { width, cells in
        max(width, cells?[column].displayWidth ?? 0)
      }
    }
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    if hasTitles { lines.append(style.strong(line(columns.map(\.title), widths))) }
    let total = widths.reduce(0, +) + 2 * max(0, columns.count - 1)
    for cells in shown {
      if let cells {
        lines.append(line(cells, widths))
      } else {
        lines.append(style.faint(String(repeating: "─", count: total)))
      }
    }
    return lines.map { margin + $0 + "\n" }.joined()
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var parts: [String] = []
    for (index, cell) in cells.enumerated() {
      parts.append(
        columns[index].alignment == .left
          ? cell.paddedRight(to: widths[index]) : cell.paddedLeft(to: widths[index]))
    }
    var line = parts.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}

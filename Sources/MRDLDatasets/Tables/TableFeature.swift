package import MRDLCore

/// A number that is made of a row of a table, as the header of a model names it.
///
/// `column` is the number in a column; `column=word` is 1 where the column holds the word and 0 elsewhere,
/// and `column=` is 1 where the cell is missing; `column@-k` is the number `k` rows before. A name that a
/// column has in full is that column, whatever it contains.
package struct TableFeature: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case number
    case word(String)
    case lag(Int)
  }

  package let name: String
  package let column: Int
  package let kind: Kind

  /// - Throws: `MRDL5001` where the table has no such column.
  package init(_ name: String, of table: Table) throws(MRDLError) {
    self.name = name
    if let column = table.columnNames.firstIndex(of: name) {
      self.column = column
      kind = .number
      return
    }
    if let at = name.lastIndex(of: "@"), let lag = Int(name[name.index(after: at)...]), lag < 0 {
      column = try table.column(String(name[..<at]))
      kind = .lag(-lag)
      return
    }
    // The column is the longest one that fits: words may hold the sign, too.
    let fits = table.columnNames.indices.filter { name.hasPrefix(table.columnNames[$0] + "=") }
    guard
      let column = fits.max(by: { table.columnNames[$0].count < table.columnNames[$1].count })
    else { _ = try table.column(name); preconditionFailure("a column that is there") }
    self.column = column
    kind = .word(String(name.dropFirst(table.columnNames[column].count + 1)))
  }

  /// How many rows before its own the feature reaches back.
  package var reach: Int { if case .lag(let lag) = kind { lag } else { 0 } }

  /// The number of a row; nil where the cell is missing.
  ///
  /// - Precondition: there are `reach` rows before it.
  package func value(of table: Table, row: Int) throws(MRDLError) -> Double? {
    switch kind {
    case .number: try table.number(row: row, column: column)
    case .word(let word): (table.word(row: row, column: column) ?? "") == word ? 1 : 0
    case .lag(let lag): try table.number(row: row - lag, column: column)
    }
  }
}

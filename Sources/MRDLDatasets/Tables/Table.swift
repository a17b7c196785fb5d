package import MRDLCore

/// Rows of named columns.
///
/// A cell is a text; it is a number where a column is asked for numbers. An empty cell, `NA`, `N/A`, `NaN`,
/// `null` and `?` are missing.
package struct Table: Sendable {
  package var name: String
  package let columnNames: [String]
  package let rowCount: Int
  /// The names of the classes that the last column numbers, where the file states them.
  package let classNames: [String]
  /// The SHA-256 of the files, one after the other; nil for data that come from none.
  package let digest: Digest?
  private let cells: [Cell]

  /// A text, or a number that needs none.
  enum Cell: Sendable, Hashable {
    case number(Double)
    case text(String)
    case missing

    init(_ text: String) {
      if let number = Double(text), number.isFinite {
        // A number that is written otherwise than it would be printed keeps its text.
        self = .number(number)
      } else {
        self = Self.isMissing(text) ? .missing : .text(text)
      }
    }

    static func isMissing(_ text: String) -> Bool {
      switch text {
      case "", "?", "NA", "N/A", "NaN", "nan", "null": true
      default: false
      }
    }
  }

  /// - Precondition: there are as many cells as rows and columns make.
  init(
    name: String, columnNames: [String], cells: [Cell], classNames: [String] = [],
    digest: Digest? = nil
  ) {
    precondition(
      columnNames.isEmpty ? cells.isEmpty : cells.count.isMultiple(of: columnNames.count))
    self.name = name
    self.columnNames = columnNames
    self.cells = cells
    self.classNames = classNames
    self.digest = digest
    rowCount = columnNames.isEmpty ? 0 : cells.count / columnNames.count
  }

  /// A table of numbers, row by row.
  ///
  /// - Precondition: there are as many numbers as rows and columns make.
  package init(name: String, columnNames: [String], numbers: [Double]) {
    self.init(name: name, columnNames: columnNames, cells: numbers.map { .number($0) })
  }

  /// The position of a column.
  ///
  /// - Throws: `MRDL5001` where there is none of that name.
  package func column(_ name: String) throws(MRDLError) -> Int {
    guard let index = columnNames.firstIndex(of: name) else {
      throw MRDLError(
        .badDataset, "the table has no column of that name", found: "\"\(name)\"",
        expected: columnNames.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ")
          + (columnNames.count > 20 ? ", …" : ""), at: Place(file: self.name))
    }
    return index
  }

  /// The number in a cell, nil where it is missing.
  ///
  /// - Throws: `MRDL5001` where the cell holds a word.
  package func number(row: Int, column: Int) throws(MRDLError) -> Double? {
    switch cells[row * columnNames.count + column] {
    case .number(let number): return number
    case .missing: return nil
    case .text(let text):
      throw MRDLError(
        .badDataset, "a cell does not hold a number", found: "\"\(text)\"",
        expected: "a number, or a categorical column",
        at: Place(file: name, path: "row \(row + 1), column \"\(columnNames[column])\""))
    }
  }

  /// The word in a cell, nil where it is missing. A number is a word without a fraction where it has none.
  package func word(row: Int, column: Int) -> String? {
    switch cells[row * columnNames.count + column] {
    case .number(let number): Self.word(number)
    case .missing: nil
    case .text(let text): text
    }
  }

  /// A number as a category.
  static func word(_ number: Double) -> String {
    Int64(exactly: number).map(String.init) ?? "\(number)"
  }

  /// Whether a column holds nothing but numbers and missing cells.
  package func isNumeric(column: Int) -> Bool {
    (0..<rowCount).allSatisfy {
      if case .text = cells[$0 * columnNames.count + column] { false } else { true }
    }
  }

  /// The words of a column, each once: in the order of their values where all are numbers, else of their
  /// letters.
  package func words(column: Int, rows: some Sequence<Int>) -> [String] {
    let isNumeric = isNumeric(column: column)
    let words = Set(rows.compactMap { word(row: $0, column: column) })
    return words.sorted { isNumeric ? (Double($0) ?? 0) < (Double($1) ?? 0) : $0 < $1 }
  }

  /// Tables side by side.
  ///
  /// - Throws: `MRDL5001` where they have not as many rows, or a name twice.
  package func joined(to other: Table) throws(MRDLError) -> Table {
    guard rowCount == other.rowCount else {
      throw MRDLError(
        .badDataset, "tables side by side have different numbers of rows",
        found: "\(other.rowCount)", expected: "\(rowCount)", at: Place(file: other.name))
    }
    var cells: [Cell] = []
    cells.reserveCapacity(self.cells.count + other.cells.count)
    for row in 0..<rowCount {
      cells += self.cells[row * columnNames.count..<(row + 1) * columnNames.count]
      cells += other.cells[row * other.columnNames.count..<(row + 1) * other.columnNames.count]
    }
    var names = columnNames
    for name in other.columnNames {
      var candidate = name
      while names.contains(candidate) { candidate += "_2" }
      names.append(candidate)
    }
    var hasher = SHA256()
    for part in [digest, other.digest] {
      if let part { Array(part.bytes).withUnsafeBytes { hasher.update($0) } }
    }
    return Table(
      name: name, columnNames: names, cells: cells,
      classNames: other.classNames.isEmpty ? classNames : other.classNames,
      digest: hasher.finalize())
  }

  /// The same table with other names of its columns.
  ///
  /// - Throws: `MRDL5001` where there are not as many.
  package func renamed(_ names: [String]) throws(MRDLError) -> Table {
    guard names.count == columnNames.count, Set(names).count == names.count else {
      throw MRDLError(
        .badDataset, "the names of the columns do not fit the table",
        found: Quantity.count(names.count, "name"),
        expected: "\(columnNames.count) different ones", at: Place(file: name))
    }
    return Table(
      name: name, columnNames: names, cells: cells, classNames: classNames, digest: digest)
  }
}

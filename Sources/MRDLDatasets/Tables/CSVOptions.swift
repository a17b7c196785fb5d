/// The dialect of a CSV file (RFC 4180 and its relatives).
package struct CSVOptions: Sendable, Hashable {
  package enum Separator: String, Sendable, Hashable, CaseIterable {
    /// The first of comma, semicolon, tabulator and space that the first line has.
    case auto
    case comma
    case semicolon
    case tab
    /// Any run of spaces.
    case space

    var byte: UInt8? {
      switch self {
      case .auto: nil
      case .comma: UInt8(ascii: ",")
      case .semicolon: UInt8(ascii: ";")
      case .tab: UInt8(ascii: "\t")
      case .space: UInt8(ascii: " ")
      }
    }
  }

  /// What the first line is.
  package enum Header: String, Sendable, Hashable, CaseIterable {
    /// Told by the line: counts that fit the file, or no number at all for names.
    case auto
    case names
    /// The number of rows and of features, then the names of the classes, which the last column numbers.
    case counts
    case none
  }

  package var separator: Separator
  package var header: Header
  /// Names of the columns in place of those of the file; empty for none.
  package var columnNames: [String]

  package init(
    separator: Separator = .auto, header: Header = .auto, columnNames: [String] = []
  ) {
    self.separator = separator
    self.header = header
    self.columnNames = columnNames
  }
}

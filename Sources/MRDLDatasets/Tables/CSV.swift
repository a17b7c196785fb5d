package import MRDLCore

/// CSV files, plain or gzip: UTF-8, lines of cells, double quotation marks around a cell that holds a
/// separator, a line break or a doubled mark. Cells in single quotation marks lose them; empty lines and
/// lines that begin with `#` are passed over.
package enum CSV {
  /// Reads a file.
  ///
  /// - Throws: `MRDL5001` for a file without rows or with rows of different lengths, with the line.
  package static func read(
    _ path: String, options: CSVOptions = CSVOptions(), limits: Limits = .standard
  ) throws(MRDLError) -> Table {
    let file = try DataFile(path, limits: limits)
    do {
      return try file.content.withUnsafeBytes { (bytes) throws(MRDLError) in
        try parse(bytes, name: FileSystem.name(of: path), digest: file.digest, options: options)
      }
    } catch {
      throw error.inFile(path)
    }
  }

  /// Reads the bytes of a file.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, name: String, digest: Digest? = nil,
    options: CSVOptions = CSVOptions()
  ) throws(MRDLError) -> Table {
    var scanner = CSVScanner(bytes, separator: options.separator)
    guard let first = scanner.nextLine() else {
      throw MRDLError(.badDataset, "the file has no lines", expected: "a table")
    }
    var cells: [Table.Cell] = []
    var lineNumber = 0
    let second = scanner.nextLine()
    let width = second?.count ?? first.count
    func append(_ line: [String]) throws(MRDLError) {
      guard line.count == width else {
        throw MRDLError(
          .badDataset, "a line has another number of cells than the one before it",
          found: "\(line.count)", expected: "\(width)", at: Place(line: lineNumber))
      }
      for cell in line { cells.append(Table.Cell(cell)) }
    }
    if let second {
      lineNumber = scanner.lineNumber
      try append(second)
      while let line = scanner.nextLine() {
        lineNumber = scanner.lineNumber
        try append(line)
      }
    }
    let rowCount = width == 0 ? 0 : cells.count / width
    var names = (1...max(width, 1)).map { "x\($0)" }
    var classNames: [String] = []
    switch header(of: first, rowCount: rowCount, width: width, options.header) {
    case .names:
      guard first.count == width else {
        throw MRDLError(
          .badDataset, "there are not as many names as cells", found: "\(first.count)",
          expected: "\(width)", at: Place(line: 1))
      }
      names = first
    case .counts:
      guard first.count >= 2 else {
        throw MRDLError(.badDataset, "the first line does not hold counts", at: Place(line: 1))
      }
      classNames = Array(first.dropFirst(2))
      names[width - 1] = "target"
    case .none, .auto:
      let body = cells
      cells = []
      lineNumber = 1
      try append(first)
      cells += body
    }
    guard !cells.isEmpty else {
      throw MRDLError(.badDataset, "the file has no rows", expected: "a table")
    }
    if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw MRDLError(.badDataset, "two columns have the same name", found: "\"\(name)\"")
    }
    let table = Table(
      name: name, columnNames: names, cells: cells, classNames: classNames, digest: digest)
    return options.columnNames.isEmpty ? table : try table.renamed(options.columnNames)
  }

  private static func header(
    of line: [String], rowCount: Int, width: Int, _ stated: CSVOptions.Header
  ) -> CSVOptions.Header {
    guard stated == .auto else { return stated }
    if line.count >= 2, Int(line[0]) == rowCount, Int(line[1]) == width - 1 { return .counts }
    let isNames = line.allSatisfy { Double($0) == nil && !Table.Cell.isMissing($0) }
    return isNames ? .names : .none
  }
}

/// Parts bytes into lines of cells.
private struct CSVScanner {
  private let bytes: UnsafeRawBufferPointer
  private var separator: UInt8?
  private var position = 0
  private var line = 1
  /// The line that the last cells began on.
  private(set) var lineNumber = 0

  init(_ bytes: UnsafeRawBufferPointer, separator: CSVOptions.Separator) {
    self.bytes = bytes
    self.separator = separator.byte
    // A byte order mark is no part of the first cell.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func nextLine() -> [String]? {
    skipEmptyLines()
    guard position < bytes.count else { return nil }
    lineNumber = line
    let separator = separator ?? detectSeparator()
    self.separator = separator
    var cells: [String] = []
    let isSpace = separator == UInt8(ascii: " ")
    while true {
      if isSpace { skipSpaces() }
      let atEnd = position >= bytes.count || isLineEnd(bytes[position])
      if isSpace && atEnd && !cells.isEmpty { break }
      cells.append(nextCell(separator))
      guard position < bytes.count, bytes[position] == separator else { break }
      position += 1
    }
    endLine()
    return cells
  }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
  }

  private mutating func endLine() {
    while position < bytes.count, bytes[position] != 0x0A { position += 1 }
    if position < bytes.count { position += 1 }
    line += 1
  }

  private mutating func skipEmptyLines() {
    while position < bytes.count {
      let start = position
      while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == 0x0D
      {
        position += 1
      }
      guard position < bytes.count else { return }
      if bytes[position] != 0x0A && bytes[position] != UInt8(ascii: "#") {
        position = start
        return
      }
      endLine()
    }
  }

  private func detectSeparator() -> UInt8 {
    var end = position
    while end < bytes.count, !isLineEnd(bytes[end]) { end += 1 }
    let line = bytes[position..<end]
    return ",;\t ".utf8.first { line.contains($0) } ?? UInt8(ascii: ",")
  }

  private mutating func nextCell(_ separator: UInt8) -> String {
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      var text: [UInt8] = []
      position += 1
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        if byte == UInt8(ascii: "\"") {
          guard position < bytes.count, bytes[position] == byte else { break }
          position += 1
        }
        if byte == 0x0A { line += 1 }
        text.append(byte)
      }
      while position < bytes.count, bytes[position] != separator, !isLineEnd(bytes[position]) {
        position += 1
      }
      return String(decoding: text, as: UTF8.self)
    }
    let start = position
    while position < bytes.count, bytes[position] != separator, !isLineEnd(bytes[position]) {
      position += 1
    }
    var cell = bytes[start..<position]
    while let first = cell.first, first == UInt8(ascii: " ") { cell = cell.dropFirst() }
    while let last = cell.last, last == UInt8(ascii: " ") { cell = cell.dropLast() }
    let quote = UInt8(ascii: "'")
    if cell.count >= 2, cell.first == quote, cell.last == quote {
      cell = cell.dropFirst().dropLast()
    }
    return String(decoding: cell, as: UTF8.self)
  }
}

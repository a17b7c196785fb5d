import MRDLCore

/// The runs of a BMP with compression RLE8 or RLE4.
struct BMPRuns {
  /// Palette indices of some pixels side by side.
  struct Run {
    /// The row in the file's order, from the bottom.
    let row: Int
    let column: Int
    let indices: [UInt8]
  }

  private var reader: ByteReader
  private let width: Int
  private let height: Int
  private let isFourBits: Bool
  private var row = 0
  private var column = 0

  init(_ reader: ByteReader, _ header: BMPHeader) {
    self.reader = reader
    width = header.width
    height = header.height
    isFourBits = header.compression == .runs4
  }

  /// The next run, or nil after the end of the bitmap.
  ///
  /// - Throws: `MRDL3002` where the data is cut short or a run leaves the picture.
  mutating func next() throws(MRDLError) -> Run? {
    while true {
      // Some writers leave out the mark of the end.
      if reader.isAtEnd && (row >= height || (row == height - 1 && column == width)) { return nil }
      let place = reader.place()
      let count = Int(try reader.readInteger(UInt8.self))
      let value = try reader.readInteger(UInt8.self)
      if count > 0 {
        let indices: [UInt8] =
          isFourBits
          ? (0..<count).map { $0.isMultiple(of: 2) ? value >> 4 : value & 15 }
          : [UInt8](repeating: value, count: count)
        return try run(indices, at: place)
      }
      switch value {
      case 0:
        row += 1
        column = 0
      case 1: return nil
      case 2:
        column += Int(try reader.readInteger(UInt8.self))
        row += Int(try reader.readInteger(UInt8.self))
      default: return try run(try literals(count: Int(value)), at: place)
      }
    }
  }

  /// Pixels that stand one by one, padded to an even number of bytes.
  private mutating func literals(count: Int) throws(MRDLError) -> [UInt8] {
    let byteCount = isFourBits ? (count + 1) / 2 : count
    let bytes = try reader.readBytes(byteCount: byteCount)
    if !byteCount.isMultiple(of: 2) { try reader.skip(byteCount: 1) }
    guard isFourBits else { return bytes }
    return (0..<count).map { index in
      let byte = bytes[index / 2]
      return index.isMultiple(of: 2) ? byte >> 4 : byte & 15
    }
  }

  private mutating func run(_ indices: [UInt8], at place: Place) throws(MRDLError) -> Run {
    guard row < height, column <= width, indices.count <= width - column else {
      throw MRDLError(
        .badImage, "a run of a BMP leaves the picture",
        found: "\(indices.count) pixels at \(column), \(row)",
        expected: "inside \(width) × \(height)", at: place)
    }
    defer { column += indices.count }
    return Run(row: row, column: column, indices: indices)
  }
}

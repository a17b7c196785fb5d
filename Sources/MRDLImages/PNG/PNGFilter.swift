/// The five ways in which a row of a PNG is told by what is left of and above it (9.2).
enum PNGFilter: UInt8, CaseIterable {
  case none = 0
  case sub = 1
  case up = 2
  case average = 3
  case paeth = 4

  /// Turns a filtered row back into the bytes of its pixels.
  ///
  /// - Parameters:
  ///   - row: the row; it has one byte before the pixels, the filter type.
  ///   - above: the row above, of the same length, already turned back; zeros for the first row.
  ///   - distance: bytes from one pixel to the next, at least 1.
  func undo(_ row: inout [UInt8], above: [UInt8], distance: Int) {
    let count = row.count
    let start = min(1 + distance, count)
    switch self {
    case .none: break
    case .sub:
      for index in start..<count { row[index] &+= row[index - distance] }
    case .up:
      for index in 1..<count { row[index] &+= above[index] }
    case .average:
      for index in 1..<start { row[index] &+= above[index] >> 1 }
      for index in start..<count {
        let sum = UInt16(row[index - distance]) + UInt16(above[index])
        row[index] &+= UInt8(truncatingIfNeeded: sum >> 1)
      }
    case .paeth:
      for index in 1..<start { row[index] &+= above[index] }
      for index in start..<count {
        row[index] &+= Self.paeth(row[index - distance], above[index], above[index - distance])
      }
    }
  }

  /// The filtered bytes of a row, with the filter type before them.
  ///
  /// - Parameters: as of `undo`, with nothing filtered in either row.
  func applied(to row: [UInt8], above: [UInt8], distance: Int) -> [UInt8] {
    var result = row
    result[0] = rawValue
    let start = min(1 + distance, row.count)
    switch self {
    case .none: break
    case .sub:
      for index in start..<row.count { result[index] &-= row[index - distance] }
    case .up:
      for index in 1..<row.count { result[index] &-= above[index] }
    case .average:
      for index in 1..<start { result[index] &-= above[index] >> 1 }
      for index in start..<row.count {
        let sum = UInt16(row[index - distance]) + UInt16(above[index])
        result[index] &-= UInt8(truncatingIfNeeded: sum >> 1)
      }
    case .paeth:
      for index in 1..<start { result[index] &-= above[index] }
      for index in start..<row.count {
        result[index] &-= Self.paeth(row[index - distance], above[index], above[index - distance])
      }
    }
    return result
  }

  /// Which of the three neighbours is nearest to `left + up - corner`, in this order (9.4).
  @inline(__always)
  private static func paeth(_ left: UInt8, _ up: UInt8, _ corner: UInt8) -> UInt8 {
    let leftDistance = abs(Int16(up) &- Int16(corner))
    let upDistance = abs(Int16(left) &- Int16(corner))
    let cornerDistance = abs(Int16(left) &+ Int16(up) &- 2 &* Int16(corner))
    let best = upDistance <= cornerDistance ? up : corner
    return leftDistance <= upDistance && leftDistance <= cornerDistance ? left : best
  }
}

extension BroadcastLayout {
  /// Combines two arrays element by element.
  @inline(__always)
  func combine<Left, Right, Result>(
    _ x: UnsafePointer<Left>, _ y: UnsafePointer<Right>, _ z: UnsafeMutablePointer<Result>,
    _ function: (Left, Right) -> Result
  ) {
    let count = rowLength
    switch row {
    case .arrays:
      forEachRow(in: 0..<rowCount) { row, left, right in
        let (x, y, z) = (x + left, y + right, z + row * count)
        for index in 0..<count { z[index] = function(x[index], y[index]) }
      }
    case .leftElement:
      forEachRow(in: 0..<rowCount) { row, left, right in
        let (element, y, z) = (x[left], y + right, z + row * count)
        for index in 0..<count { z[index] = function(element, y[index]) }
      }
    case .rightElement:
      forEachRow(in: 0..<rowCount) { row, left, right in
        let (x, element, z) = (x + left, y[right], z + row * count)
        for index in 0..<count { z[index] = function(x[index], element) }
      }
    }
  }
}

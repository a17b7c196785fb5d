package import MRDLCore

/// How two dense arrays of different shapes are walked together by the broadcasting rules of NumPy.
///
/// The result is cut into rows along which each operand is either dense or one element. Adjacent axes
/// that are broadcast alike are merged, so that rows are as long as they can be.
package struct BroadcastLayout: Sendable {
  /// What stands along a row.
  enum Row: Sendable {
    case arrays
    case leftElement
    case rightElement
  }

  /// An axis outside the rows, its strides in elements.
  struct Axis: Sendable {
    var extent: Int
    var left: Int
    var right: Int
  }

  /// The shape of the result.
  package let shape: Shape
  let row: Row
  let rowLength: Int
  let rowCount: Int
  /// Outermost first; never empty.
  let axes: [Axis]

  /// The walk over two arrays, or nil where their shapes do not fit.
  package init?(_ left: Shape, _ right: Shape) {
    guard let shape = left.broadcast(with: right) else { return nil }
    self.shape = shape
    var merged: [Axis] = []
    var (leftStride, rightStride) = (1, 1)
    for position in 0..<shape.rank {
      let extent = shape[shape.rank - 1 - position]
      let leftExtent = position < left.rank ? left[left.rank - 1 - position] : 1
      let rightExtent = position < right.rank ? right[right.rank - 1 - position] : 1
      guard extent != 1 else { continue }
      let axis = Axis(
        extent: extent, left: leftExtent == 1 ? 0 : leftStride,
        right: rightExtent == 1 ? 0 : rightStride)
      leftStride *= leftExtent
      rightStride *= rightExtent
      if let last = merged.last, axis.left == last.left * last.extent,
        axis.right == last.right * last.extent
      {
        merged[merged.count - 1].extent *= extent
      } else {
        merged.append(axis)
      }
    }
    let inner = merged.isEmpty ? Axis(extent: 1, left: 1, right: 1) : merged.removeFirst()
    row = inner.left == 0 ? .leftElement : inner.right == 0 ? .rightElement : .arrays
    rowLength = inner.extent
    if merged.isEmpty { merged = [Axis(extent: 1, left: 0, right: 0)] }
    axes = merged.reversed()
    rowCount = rowLength == 0 ? 0 : merged.reduce(1) { $0 * $1.extent }
  }

  /// Calls `body` for some rows with the index of the row and where each operand begins in it.
  @inline(__always)
  func forEachRow(in range: Range<Int>, _ body: (_ row: Int, _ left: Int, _ right: Int) -> Void) {
    let inner = axes[axes.count - 1]
    var row = range.lowerBound
    while row < range.upperBound {
      var (index, position) = row.quotientAndRemainder(dividingBy: inner.extent)
      var left = position * inner.left
      var right = position * inner.right
      for axis in axes.dropLast().reversed() {
        let (quotient, remainder) = index.quotientAndRemainder(dividingBy: axis.extent)
        left += remainder * axis.left
        right += remainder * axis.right
        index = quotient
      }
      while position < inner.extent, row < range.upperBound {
        body(row, left, right)
        left += inner.left
        right += inner.right
        position += 1
        row += 1
      }
    }
  }
}

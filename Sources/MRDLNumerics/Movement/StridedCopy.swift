/// Copies the elements of a box in one array to a box in another, each with strides of its own.
///
/// Transposition, slicing, concatenation and repetition along an axis (a source stride of 0) are all
/// of this form. Axes that lie densely in both arrays are merged, so that most copies move long runs;
/// a copy that turns the order of two axes around goes in blocks that stay in the cache.
package struct StridedCopy: Sendable {
  /// Strides in bytes.
  struct Axis: Sendable, Hashable {
    var extent: Int
    var source: Int
    var target: Int

    static let single = Axis(extent: 1, source: 0, target: 0)
  }

  let outer: [Axis]
  /// The axis along which a plane is cut into rows, and the one along a row.
  let rows: Axis
  let columns: Axis
  /// Bytes that are moved at once.
  let unit: Int
  /// Whether neighbours along `rows` are neighbours in the source.
  let isTransposed: Bool
  let planeCount: Int
  private let sourceOffset: Int
  private let targetOffset: Int

  /// A copy of a box.
  ///
  /// - Parameters:
  ///   - extents: the extents of the box.
  ///   - sourceStrides: the distance in elements between neighbours in the source, for each axis.
  ///   - targetStrides: the same in the target; no two elements may meet there.
  ///   - sourceOffset: the first element of the box in the source.
  ///   - targetOffset: the first element of the box in the target.
  package init(
    extents: [Int], sourceStrides: [Int], sourceOffset: Int = 0, targetStrides: [Int],
    targetOffset: Int = 0, elementByteCount: Int
  ) {
    precondition(
      extents.count == sourceStrides.count && extents.count == targetStrides.count,
      "a copy needs two strides for each axis")
    self.sourceOffset = sourceOffset * elementByteCount
    self.targetOffset = targetOffset * elementByteCount
    var axes: [Axis] = []
    for axis in extents.indices where extents[axis] != 1 {
      axes.append(
        Axis(
          extent: extents[axis], source: sourceStrides[axis] * elementByteCount,
          target: targetStrides[axis] * elementByteCount))
    }
    if axes.contains(where: { $0.extent == 0 }) {
      (outer, rows, columns) = ([], .single, .single)
      (unit, isTransposed, planeCount) = (0, false, 0)
      return
    }
    axes.sort { abs($0.target) > abs($1.target) }
    var merged: [Axis] = []
    for axis in axes {
      if let last = merged.last, last.source == axis.source * axis.extent,
        last.target == axis.target * axis.extent
      {
        merged[merged.count - 1] = Axis(
          extent: last.extent * axis.extent, source: axis.source, target: axis.target)
      } else {
        merged.append(axis)
      }
    }
    var unit = elementByteCount
    if let last = merged.last, last.source == unit, last.target == unit {
      unit *= last.extent
      merged.removeLast()
    }
    self.unit = unit
    columns = merged.popLast() ?? .single
    let turned = merged.lastIndex { abs($0.source) == unit }
    isTransposed = turned != nil
    if let turned {
      rows = merged.remove(at: turned)
    } else {
      rows = merged.popLast() ?? .single
    }
    outer = merged
    planeCount = merged.reduce(1) { $0 * $1.extent }
  }

  /// Copies. The two arrays may not overlap.
  package func run(source: UnsafeRawPointer, target: UnsafeMutableRawPointer) {
    for plane in 0..<planeCount {
      var index = plane
      var from = source + sourceOffset
      var to = target + targetOffset
      for axis in outer.reversed() {
        let (quotient, position) = index.quotientAndRemainder(dividingBy: axis.extent)
        from += position * axis.source
        to += position * axis.target
        index = quotient
      }
      copyPlane(from, to)
    }
  }

  private func copyPlane(_ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) {
    switch unit {
    case 1: copyPlane(source, target, as: UInt8.self)
    case 2: copyPlane(source, target, as: UInt16.self)
    case 4: copyPlane(source, target, as: UInt32.self)
    case 8: copyPlane(source, target, as: UInt64.self)
    case 16: copyPlane(source, target, as: SIMD2<UInt64>.self)
    default:
      for row in 0..<rows.extent {
        var from = source + row * rows.source
        var to = target + row * rows.target
        for _ in 0..<columns.extent {
          to.copyMemory(from: from, byteCount: unit)
          from += columns.source
          to += columns.target
        }
      }
    }
  }

  @inline(__always)
  private func copyPlane<Unit: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, as type: Unit.Type
  ) {
    // A block of 16 rows reads each line of the cache once however long the source's stride is.
    let height = isTransposed ? 16 : 1
    let width = isTransposed ? 64 : columns.extent
    let (rows, columns) = (rows, columns)
    var firstRow = 0
    while firstRow < rows.extent {
      let lastRow = min(firstRow + height, rows.extent)
      var firstColumn = 0
      while firstColumn < columns.extent {
        let lastColumn = min(firstColumn + width, columns.extent)
        for row in firstRow..<lastRow {
          var from = source + row * rows.source + firstColumn * columns.source
          var to = target + row * rows.target + firstColumn * columns.target
          for _ in firstColumn..<lastColumn {
            to.storeBytes(of: from.loadUnaligned(as: type), as: type)
            from += columns.source
            to += columns.target
          }
        }
        firstColumn = lastColumn
      }
      firstRow = lastRow
    }
  }
}

package import MRDLCore

/// Picks elements of a dense array by their positions along each axis, independent of each other.
///
/// Padding and resizing to the nearest element are of this form. A position of -1 takes a given value
/// in place of an element.
package struct SeparableGather: Sendable {
  private struct Axis: Sendable {
    let positions: [Int]
    /// In bytes.
    let sourceStride: Int
  }

  /// Outermost first.
  private let outer: [Axis]
  private let inner: Axis
  /// The longest stretch of the innermost axis that is a run of the source.
  private let run: Range<Int>
  /// Bytes that are moved at once.
  private let unit: Int
  private let elementByteCount: Int
  private let rowCount: Int

  /// The elements at the given positions.
  ///
  /// - Parameters:
  ///   - shape: the shape of the source.
  ///   - positions: for each axis the positions in the source, or nil for all of them in order.
  package init(_ shape: Shape, positions: [[Int]?], elementByteCount: Int) {
    precondition(positions.count == shape.rank, "a gather needs positions for each axis")
    self.elementByteCount = elementByteCount
    // Axes that stay as they are join each other, and those inside all others make one unit.
    var unit = elementByteCount
    var axes: [(extent: Int, positions: [Int]?)] = []
    for axis in (0..<shape.rank).reversed() {
      if positions[axis] == nil, axes.isEmpty {
        unit *= shape[axis]
      } else if positions[axis] == nil, let last = axes.last, last.positions == nil {
        axes[axes.count - 1].extent *= shape[axis]
      } else {
        axes.append((shape[axis], positions[axis]))
      }
    }
    if axes.isEmpty { axes.append((1, nil)) }
    var stride = unit
    var tables: [Axis] = []
    for axis in axes {
      tables.append(
        Axis(positions: axis.positions ?? Array(0..<axis.extent), sourceStride: stride))
      stride *= axis.extent
    }
    self.unit = unit
    inner = tables[0]
    outer = tables.dropFirst().reversed()
    rowCount = outer.reduce(1) { $0 * $1.positions.count }
    run = Self.longestRun(inner.positions)
  }

  private static func longestRun(_ positions: [Int]) -> Range<Int> {
    var best = 0..<0
    var first = 0
    for index in positions.indices {
      if positions[index] < 0 {
        first = index + 1
      } else if index > first, positions[index] != positions[index - 1] + 1 {
        first = index
      }
      if index + 1 - first > best.count { best = first..<(index + 1) }
    }
    return best.count < 4 ? 0..<0 : best
  }

  /// Writes the result. The two arrays may not overlap.
  ///
  /// - Parameter value: one element, for positions of -1; null where there are none.
  package func run(
    source: UnsafeRawPointer, target: UnsafeMutableRawPointer, value: UnsafeRawPointer? = nil
  ) {
    let rowByteCount = inner.positions.count * unit
    for row in 0..<rowCount {
      let to = target + row * rowByteCount
      var index = row
      var offset = 0
      var isOutside = false
      for axis in outer.reversed() {
        let (quotient, remainder) = index.quotientAndRemainder(
          dividingBy: axis.positions.count)
        let position = axis.positions[remainder]
        isOutside = isOutside || position < 0
        offset += position * axis.sourceStride
        index = quotient
      }
      if isOutside {
        fill(to, rowByteCount, value)
      } else {
        copyRow(source + offset, to, value)
      }
    }
  }

  private func copyRow(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ value: UnsafeRawPointer?
  ) {
    pick(0..<run.lowerBound, source, target, value)
    if !run.isEmpty {
      (target + run.lowerBound * unit).copyMemory(
        from: source + inner.positions[run.lowerBound] * unit, byteCount: run.count * unit)
    }
    pick(run.upperBound..<inner.positions.count, source, target, value)
  }

  private func pick(
    _ range: Range<Int>, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    _ value: UnsafeRawPointer?
  ) {
    switch unit {
    case 1: pick(range, source, target, value, as: UInt8.self)
    case 2: pick(range, source, target, value, as: UInt16.self)
    case 4: pick(range, source, target, value, as: UInt32.self)
    case 8: pick(range, source, target, value, as: UInt64.self)
    default:
      for index in range {
        let position = inner.positions[index]
        if position < 0 {
          fill(target + index * unit, unit, value)
        } else {
          (target + index * unit).copyMemory(from: source + position * unit, byteCount: unit)
        }
      }
    }
  }

  @inline(__always)
  private func pick<Unit: BitwiseCopyable>(
    _ range: Range<Int>, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    _ value: UnsafeRawPointer?, as type: Unit.Type
  ) {
    let width = MemoryLayout<Unit>.size
    for index in range {
      let position = inner.positions[index]
      if position < 0 {
        fill(target + index * width, width, value)
      } else {
        let element = source.loadUnaligned(fromByteOffset: position * width, as: type)
        target.storeBytes(of: element, toByteOffset: index * width, as: type)
      }
    }
  }

  @inline(__always)
  private func fill(
    _ target: UnsafeMutableRawPointer, _ byteCount: Int, _ value: UnsafeRawPointer?
  ) {
    guard let value else { preconditionFailure("a gather from outside needs a value") }
    switch elementByteCount {
    case 4:
      let word = value.loadUnaligned(as: UInt32.self)
      for offset in stride(from: 0, to: byteCount, by: 4) {
        target.storeBytes(of: word, toByteOffset: offset, as: UInt32.self)
      }
    case 8:
      let word = value.loadUnaligned(as: UInt64.self)
      for offset in stride(from: 0, to: byteCount, by: 8) {
        target.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
      }
    default:
      for offset in stride(from: 0, to: byteCount, by: elementByteCount) {
        (target + offset).copyMemory(from: value, byteCount: elementByteCount)
      }
    }
  }
}

package import MRDLCore

/// Where the elements around a padded array come from.
package enum PaddingMode: String, Sendable, CaseIterable {
  /// One given value.
  case constant
  /// The array mirrored at its first and last element, which are not repeated: `c b | a b c | b a`.
  case reflect
  /// The nearest element: `a a | a b c | c c`.
  case edge
  /// The array again and again: `b c | a b c | a b`.
  case wrap

  /// The position that stands for one outside `range`; -1 for the constant.
  ///
  /// - Precondition: `range` is not empty, except for the constant.
  func position(_ position: Int, in range: Range<Int>) -> Int {
    if range.contains(position) { return position }
    let relative = position - range.lowerBound
    switch self {
    case .constant: return -1
    case .edge: return min(max(position, range.lowerBound), range.upperBound - 1)
    case .wrap:
      return range.lowerBound + (relative % range.count + range.count) % range.count
    case .reflect:
      let period = 2 * (range.count - 1)
      if period == 0 { return range.lowerBound }
      let folded = (relative % period + period) % period
      return range.lowerBound + min(folded, period - folded)
    }
  }
}

extension SeparableGather {
  /// Surrounds an array with more elements, or cuts some off where a count is negative.
  ///
  /// - Parameters:
  ///   - shape: the shape of the source.
  ///   - before: how many elements stand before the first one, for each axis.
  ///   - after: how many stand after the last one.
  ///   - mode: where they come from. All but `constant` need at least one element along every axis
  ///     that grows, after what negative counts cut off.
  package init(
    padding shape: Shape, before: [Int], after: [Int], mode: PaddingMode, elementByteCount: Int
  ) {
    let positions = (0..<shape.rank).map { axis -> [Int]? in
      if before[axis] == 0, after[axis] == 0 { return nil }
      let first = max(0, -before[axis])
      let kept = first..<max(first, shape[axis] + min(0, after[axis]))
      return (-before[axis]..<(shape[axis] + after[axis])).map { mode.position($0, in: kept) }
    }
    self.init(shape, positions: positions, elementByteCount: elementByteCount)
  }
}

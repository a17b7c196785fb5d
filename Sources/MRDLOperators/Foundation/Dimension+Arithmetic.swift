internal import MRDLCore
package import MRDLModel

extension Dimension {
  /// The product of some extents: a symbol stays where all others are 1.
  ///
  /// Unknown where the product is not an extent or cannot be represented.
  package static func product(_ dimensions: some Sequence<Dimension>) -> Dimension {
    var known = 1
    var others: [Dimension] = []
    var overflows = false
    for dimension in dimensions {
      if let value = dimension.value {
        if value == 0 { return .fixed(0) }
        if let next = known.multipliedChecked(by: value) {
          known = next
        } else {
          overflows = true
        }
      } else {
        others.append(dimension)
      }
    }
    if overflows { return .unknown }
    switch others.count {
    case 0: return .fixed(known)
    case 1 where known == 1: return others[0]
    default: return .unknown
    }
  }

  /// The one extent that both must be: a number rather than a symbol, a symbol rather than nothing.
  ///
  /// - Returns: nil for two different numbers.
  package func unified(with other: Dimension) -> Dimension? {
    switch (self, other) {
    case (.fixed(let left), .fixed(let right)): left == right ? self : nil
    case (.unknown, _), (.symbolic, .fixed): other
    default: self
    }
  }

  /// The extent of a result by the broadcasting rules of NumPy, or nil where the two do not fit.
  package func broadcast(with other: Dimension) -> Dimension? {
    switch (self, other) {
    case (.fixed(1), _): return other
    case (_, .fixed(1)): return self
    case (.fixed(let left), .fixed(let right)): return left == right ? self : nil
    // A symbol is 1 or the number.
    case (.fixed, _): return self
    case (_, .fixed): return other
    default: return self == other ? self : .unknown
    }
  }
}

extension SymbolicShape {
  /// The common shape by the broadcasting rules of NumPy, or nil where the two do not fit.
  package func broadcast(with other: SymbolicShape) -> SymbolicShape? {
    let rank = max(self.rank, other.rank)
    var result: [Dimension] = []
    for axis in 0..<rank {
      let left = axis + self.rank < rank ? 1 : self[axis + self.rank - rank]
      let right = axis + other.rank < rank ? 1 : other[axis + other.rank - rank]
      guard let dimension = left.broadcast(with: right) else { return nil }
      result.append(dimension)
    }
    return SymbolicShape(result)
  }
}

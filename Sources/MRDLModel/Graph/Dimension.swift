public import MRDLCore

/// One extent of a value in the architecture: a number, a name that stands for one, or nothing known.
public enum Dimension: Sendable, Hashable, CustomStringConvertible {
  case fixed(Int)
  /// The same name is the same number within one run; `N` is customary for the batch.
  case symbolic(String)
  case unknown

  /// The number, where it is fixed.
  public var value: Int? {
    if case .fixed(let value) = self { value } else { nil }
  }

  public var description: String {
    switch self {
    case .fixed(let value): String(value)
    case .symbolic(let name): name
    case .unknown: "?"
    }
  }
}

/// The extents of a value in the architecture, some of which may be known only when it runs.
public struct SymbolicShape: Sendable, Hashable {
  public var dimensions: [Dimension]

  public init(_ dimensions: [Dimension]) { self.dimensions = dimensions }

  /// A shape whose extents are all known.
  public init(_ shape: Shape) { dimensions = shape.dimensions.map { .fixed($0) } }

  public var rank: Int { dimensions.count }

  public subscript(axis: Int) -> Dimension {
    get { dimensions[axis] }
    set { dimensions[axis] = newValue }
  }

  /// The shape, where all extents are known.
  public var shape: Shape? {
    let values = dimensions.compactMap(\.value)
    return values.count == rank ? Shape(checking: values) : nil
  }

  /// The names in the shape with the numbers that they take in a concrete shape, or nil where the
  /// concrete shape does not fit. `bindings` holds what is known of the names already.
  public func bind(_ shape: Shape, bindings: inout [String: Int]) -> Bool {
    guard shape.rank == rank else { return false }
    for (dimension, extent) in zip(dimensions, shape.dimensions) {
      switch dimension {
      case .fixed(let value): if value != extent { return false }
      case .symbolic(let name):
        if let known = bindings[name], known != extent { return false }
        bindings[name] = extent
      case .unknown: break
      }
    }
    return true
  }

  /// The shape with the names replaced by numbers; a name without one stays.
  public func substituting(_ bindings: [String: Int]) -> SymbolicShape {
    SymbolicShape(
      dimensions.map { dimension in
        if case .symbolic(let name) = dimension, let value = bindings[name] {
          .fixed(value)
        } else {
          dimension
        }
      })
  }
}

extension SymbolicShape: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Dimension...) { self.init(elements) }
}

extension SymbolicShape: CustomStringConvertible {
  /// `[N, 1, 28, 28]`.
  public var description: String {
    "[" + dimensions.map(\.description).joined(separator: ", ") + "]"
  }
}

extension Dimension: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self = .fixed(value) }
}

extension Dimension: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self = .symbolic(value) }
}

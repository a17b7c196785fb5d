/// The extents of a tensor, outermost first; the last one varies fastest in memory.
///
/// Every shape that exists has extents of zero or more whose product can be represented.
public struct Shape: Sendable, Hashable {
  /// The extents, outermost first; empty for a scalar.
  public let dimensions: [Int]
  /// The product of the extents, 1 for a scalar.
  public let elementCount: Int

  /// A shape with the given extents.
  ///
  /// - Precondition: no extent is negative and the product can be represented.
  public init(_ dimensions: [Int]) {
    guard let shape = Shape(checking: dimensions) else {
      preconditionFailure("\(dimensions) is not a shape")
    }
    self = shape
  }

  /// A shape with extents that come from outside, or nil where they are not a shape.
  public init?(checking dimensions: [Int]) {
    guard dimensions.allSatisfy({ $0 >= 0 }) else { return nil }
    // The nonzero extents must multiply within range too: strides are made of them.
    guard dimensions.lazy.map({ Swift.max($0, 1) }).productChecked() != nil else { return nil }
    self.dimensions = dimensions
    elementCount = dimensions.reduce(1, *)
  }

  /// The shape of a single value.
  public static let scalar = Shape([])

  /// The number of extents.
  public var rank: Int { dimensions.count }

  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// The distance in elements between neighbours along each axis of a dense tensor.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * Swift.max(dimensions[axis + 1], 1)
    }
    return strides
  }

  /// The index of an axis given as in ONNX, where -1 is the last one; nil outside `-rank..<rank`.
  public func normalizedAxis(_ axis: Int) -> Int? {
    let index = axis < 0 ? axis + rank : axis
    return dimensions.indices.contains(index) ? index : nil
  }

  /// The common shape of two tensors by the rules of NumPy, or nil where they do not fit.
  public func broadcast(with other: Shape) -> Shape? {
    let rank = Swift.max(self.rank, other.rank)
    var result = [Int](repeating: 1, count: rank)
    for position in 0..<rank {
      let left = position < self.rank ? dimensions[self.rank - 1 - position] : 1
      let right = position < other.rank ? other.dimensions[other.rank - 1 - position] : 1
      guard left == right || left == 1 || right == 1 else { return nil }
      result[rank - 1 - position] = left == 1 ? right : left
    }
    return Shape(checking: result)
  }
}

extension Shape: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
  /// `[1, 28, 28]`.
  public var description: String {
    "[" + dimensions.map { String($0) }.joined(separator: ", ") + "]"
  }
}

internal import MRDLCore
internal import MRDLModel

/// An order of axes as Transpose has it: axis i of the result is axis `axes[i]` of the source.
struct AxisOrder: Hashable {
  let axes: [Int]

  init(_ axes: [Int]) { self.axes = axes }

  var rank: Int { axes.count }

  var isIdentity: Bool { axes == Array(axes.indices) }

  subscript(axis: Int) -> Int { axes[axis] }

  /// This order, then another one.
  func followed(by next: AxisOrder) -> AxisOrder { AxisOrder(next.axes.map { axes[$0] }) }

  var inverse: AxisOrder {
    var result = axes
    for (index, axis) in axes.enumerated() { result[axis] = index }
    return AxisOrder(result)
  }

  /// The shape of the result.
  func applied(to shape: SymbolicShape) -> SymbolicShape { SymbolicShape(axes.map { shape[$0] }) }

  /// Whether the elements of a source stay in their order, because only axes of extent 1 move.
  func keepsElements(of shape: SymbolicShape) -> Bool {
    let moved = axes.filter { shape[$0] != 1 }
    return moved == moved.sorted()
  }
}

internal import MRDLCore
internal import MRDLOperators

/// The lines of a tensor along one axis.
struct AxisLines {
  let outer: Int
  let count: Int
  /// The distance between neighbours on a line, which is the number of lines side by side.
  let inner: Int

  init(_ request: KernelRequest, axis: Int) throws(MRDLError) {
    let shape = request.inputShape(1)
    guard let axis = shape.normalizedAxis(axis) else {
      throw MRDLError(
        .badAttribute, "an axis lies outside the tensor", found: "\(axis)",
        expected: "one of \(shape.rank) axes", at: request.place)
    }
    outer = shape.dimensions[..<axis].reduce(1, *)
    count = shape[axis]
    inner = shape.dimensions[(axis + 1)...].reduce(1, *)
  }
}

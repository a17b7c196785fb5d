package import MRDLCore

extension StridedCopy {
  /// Copies a whole dense array to its place in another one that is longer along one axis.
  ///
  /// - Parameters:
  ///   - part: the shape of the source.
  ///   - whole: the shape of the target.
  ///   - position: where along `axis` the part begins.
  package init(
    placing part: Shape, in whole: Shape, axis: Int, at position: Int, elementByteCount: Int
  ) {
    let strides = whole.strides
    self.init(
      extents: part.dimensions, sourceStrides: part.strides, targetStrides: strides,
      targetOffset: position * strides[axis], elementByteCount: elementByteCount)
  }

  /// Copies a part of a dense array, cut out along one axis, to an array of its own.
  package init(
    taking part: Shape, from whole: Shape, axis: Int, at position: Int, elementByteCount: Int
  ) {
    let strides = whole.strides
    self.init(
      extents: part.dimensions, sourceStrides: strides, sourceOffset: position * strides[axis],
      targetStrides: part.strides, elementByteCount: elementByteCount)
  }
}

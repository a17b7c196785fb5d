package import MRDLCore

extension StridedCopy {
  /// Reorders the axes of a dense array: axis i of the result is axis `permutation[i]` of the source.
  ///
  /// - Precondition: `permutation` holds each axis once.
  package init(transposing shape: Shape, by permutation: [Int], elementByteCount: Int) {
    precondition(
      permutation.sorted() == Array(0..<shape.rank), "\(permutation) is not a permutation")
    let strides = shape.strides
    let result = Shape(permutation.map { shape[$0] })
    self.init(
      extents: result.dimensions, sourceStrides: permutation.map { strides[$0] },
      targetStrides: result.strides, elementByteCount: elementByteCount)
  }
}

extension Epilogue {
  /// Does what follows the sums to a dense array of float32, in place.
  ///
  /// - Parameter residual: laid out as the array; there exactly where one is added.
  package func finish(
    _ output: UnsafeMutableRawPointer, count: Int, residual: UnsafeRawPointer?
  ) {
    precondition((residual != nil) == addsResidual, "a residual where none is added, or not")
    Float.finish(
      rows: 1, columns: count, output.assumingMemoryBound(to: Float.self), rowStride: 0,
      rowBias: nil, columnBias: nil, residual: residual?.assumingMemoryBound(to: Float.self),
      activation)
  }
}

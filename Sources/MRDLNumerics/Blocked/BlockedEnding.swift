internal import CMRDLKernels

/// What follows the sums of a blocked convolution: activation(sum + bias + residual).
struct BlockedEnding {
  /// A value for each output channel, padded to whole blocks.
  let bias: UnsafePointer<Float>?
  /// Lies like the output.
  let residual: UnsafePointer<Float>?
  let activation: Activation

  var bounds: (low: Double, high: Double)? { activation.bounds }

  /// Whether the activation is one that the kernels cannot apply while they store.
  var needsSecondPass: Bool { activation != .none && activation.bounds == nil }

  /// Applies such an activation to stretches of some blocks.
  func finish(
    _ output: UnsafeMutablePointer<Float>, blocks: Range<Int>, blockStride: Int, count: Int
  ) {
    guard needsSecondPass else { return }
    Float.finish(
      rows: blocks.count, columns: count, output + blocks.lowerBound * blockStride,
      rowStride: blockStride, rowBias: nil, columnBias: nil, residual: nil, activation)
  }
}

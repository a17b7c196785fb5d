internal import CMRDLKernels

/// What follows the sums of a blocked convolution: activation(sum + bias + residual).
struct BlockedEnding {
  /// A value for each output channel, padded to whole blocks.
  let bias: UnsafePointer<Float>?
  /// Lies like the output.
  var residual: UnsafePointer<Float>?
  let activation: Activation

  /// The bounds of an activation that only clamps, as the kernels take them.
  var clamp: (isOn: Int32, low: Float, high: Float) {
    activation.bounds.map { (1, Float($0.low), Float($0.high)) } ?? (0, 0, 0)
  }

  /// Applies an activation that the kernels cannot while they store, to stretches of some blocks.
  func finish(
    _ output: UnsafeMutablePointer<Float>, blocks: Range<Int>, blockStride: Int, count: Int
  ) {
    guard activation.needsSecondPass else { return }
    Float.finish(
      rows: blocks.count, columns: count, output + blocks.lowerBound * blockStride,
      rowStride: blockStride, rowBias: nil, columnBias: nil, residual: nil, activation)
  }
}

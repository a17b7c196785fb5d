internal import CMRDLKernels

extension Float: RealElement {
  // The two element types differ in nothing but the table; the C types leave no way to say it once.

  static func exponential(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>)
  {
    mrdl_kernels_current().pointee.f32.pointee.exp(count, x, y)
  }

  static func logarithm(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    mrdl_kernels_current().pointee.f32.pointee.log(count, x, y)
  }

  static func sigmoid(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    mrdl_kernels_current().pointee.f32.pointee.sigmoid(count, x, y)
  }

  static func softmax(
    rows: Int, columns: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    mrdl_kernels_current().pointee.f32.pointee.softmax(rows, columns, x, y)
  }

  static func logSoftmax(
    rows: Int, columns: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    mrdl_kernels_current().pointee.f32.pointee.log_softmax(rows, columns, x, y)
  }

  static func reluBackward(
    _ count: Int, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.relu_backward(count, y, dy, dx)
  }

  static func leakyReluBackward(
    _ count: Int, alpha: Float, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.leaky_relu_backward(count, alpha, x, dy, dx)
  }

  static func sigmoidBackward(
    _ count: Int, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.sigmoid_backward(count, y, dy, dx)
  }

  static func tanhBackward(
    _ count: Int, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.tanh_backward(count, y, dy, dx)
  }

  static func clipBackward(
    _ count: Int, low: Float, high: Float, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.clip_backward(count, low, high, x, dy, dx)
  }

  static func softmaxBackward(
    rows: Int, columns: Int, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.softmax_backward(rows, columns, y, dy, dx)
  }

  static func logSoftmaxBackward(
    rows: Int, columns: Int, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.log_softmax_backward(
      rows, columns, y, dy, dx)
  }

  static func momentumStep(
    _ count: Int, rate: Float, momentum: Float, decay: Float, usesNesterov: Bool,
    _ g: UnsafePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ w: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.momentum_step(
      count, rate, momentum, decay, usesNesterov ? 1 : 0, g, v, w)
  }

  static func adamStep(
    _ count: Int, rate: Float, beta1: Float, beta2: Float, epsilon: Float, decay: Float,
    correction1: Float, correction2: Float, _ g: UnsafePointer<Float>,
    _ m: UnsafeMutablePointer<Float>, _ s: UnsafeMutablePointer<Float>,
    _ w: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.adam_step(
      count, rate, beta1, beta2, epsilon, decay, correction1, correction2, g, m, s, w)
  }

  static func packPatchesTransposed(
    _ window: mrdl_window, _ input: UnsafePointer<Float>, positions: Range<Int>, places: Range<Int>,
    into packed: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: window) {
      mrdl_training_kernels_current().pointee.f32.pointee.pack_patches_transposed(
        $0, input, positions.lowerBound, positions.count, places.lowerBound, places.count, packed)
    }
  }

  static func addPatches(
    _ window: mrdl_window, _ matrix: UnsafePointer<Float>, rowStride: Int, places: Range<Int>,
    positions: Range<Int>, to input: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: window) {
      mrdl_training_kernels_current().pointee.f32.pointee.add_patches(
        $0, matrix, rowStride, places.lowerBound, places.count, positions.lowerBound,
        positions.count, input)
    }
  }

  static func maxPoolBackward(
    _ window: mrdl_window, planes: Int, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: window) {
      mrdl_training_kernels_current().pointee.f32.pointee.max_pool_backward($0, planes, x, dy, dx)
    }
  }

  static func averagePoolBackward(
    _ window: mrdl_window, planes: Int, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>, countsPadding: Bool
  ) {
    withUnsafePointer(to: window) {
      mrdl_training_kernels_current().pointee.f32.pointee.average_pool_backward(
        $0, planes, dy, dx, countsPadding ? 1 : 0)
    }
  }

  static func sumRows(
    rows: Int, columns: Int, _ x: UnsafePointer<Float>, rowStride: Int,
    _ y: UnsafeMutablePointer<Float>, accumulates: Bool
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.sum_rows(
      rows, columns, x, rowStride, y, accumulates ? 1 : 0)
  }

  static func sumColumns(
    rows: Int, columns: Int, _ x: UnsafePointer<Float>, rowStride: Int,
    _ y: UnsafeMutablePointer<Float>, accumulates: Bool
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.sum_columns(
      rows, columns, x, rowStride, y, accumulates ? 1 : 0)
  }
}

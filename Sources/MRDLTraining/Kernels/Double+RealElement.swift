internal import CMRDLKernels

extension Double: RealElement {
  // The two element types differ in nothing but the table; the C types leave no way to say it once.

  static func exponential(
    _ count: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    mrdl_kernels_current().pointee.f64.pointee.exp(count, x, y)
  }

  static func logarithm(_ count: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>)
  {
    mrdl_kernels_current().pointee.f64.pointee.log(count, x, y)
  }

  static func sigmoid(_ count: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    mrdl_kernels_current().pointee.f64.pointee.sigmoid(count, x, y)
  }

  static func softmax(
    rows: Int, columns: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    mrdl_kernels_current().pointee.f64.pointee.softmax(rows, columns, x, y)
  }

  static func logSoftmax(
    rows: Int, columns: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    mrdl_kernels_current().pointee.f64.pointee.log_softmax(rows, columns, x, y)
  }

  static func reluBackward(
    _ count: Int, _ y: UnsafePointer<Double>, _ dy: UnsafePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.relu_backward(count, y, dy, dx)
  }

  static func leakyReluBackward(
    _ count: Int, alpha: Double, _ x: UnsafePointer<Double>, _ dy: UnsafePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.leaky_relu_backward(count, alpha, x, dy, dx)
  }

  static func sigmoidBackward(
    _ count: Int, _ y: UnsafePointer<Double>, _ dy: UnsafePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.sigmoid_backward(count, y, dy, dx)
  }

  static func tanhBackward(
    _ count: Int, _ y: UnsafePointer<Double>, _ dy: UnsafePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.tanh_backward(count, y, dy, dx)
  }

  static func clipBackward(
    _ count: Int, low: Double, high: Double, _ x: UnsafePointer<Double>,
    _ dy: UnsafePointer<Double>, _ dx: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.clip_backward(count, low, high, x, dy, dx)
  }

  static func softmaxBackward(
    rows: Int, columns: Int, _ y: UnsafePointer<Double>, _ dy: UnsafePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.softmax_backward(rows, columns, y, dy, dx)
  }

  static func logSoftmaxBackward(
    rows: Int, columns: Int, _ y: UnsafePointer<Double>, _ dy: UnsafePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.log_softmax_backward(
      rows, columns, y, dy, dx)
  }

  static func momentumStep(
    _ count: Int, rate: Double, momentum: Double, decay: Double, usesNesterov: Bool,
    _ g: UnsafePointer<Double>, _ v: UnsafeMutablePointer<Double>, _ w: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.momentum_step(
      count, rate, momentum, decay, usesNesterov ? 1 : 0, g, v, w)
  }

  static func adamStep(
    _ count: Int, rate: Double, beta1: Double, beta2: Double, epsilon: Double, decay: Double,
    correction1: Double, correction2: Double, _ g: UnsafePointer<Double>,
    _ m: UnsafeMutablePointer<Double>, _ s: UnsafeMutablePointer<Double>,
    _ w: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.adam_step(
      count, rate, beta1, beta2, epsilon, decay, correction1, correction2, g, m, s, w)
  }

  static func packPatchesTransposed(
    _ window: mrdl_window, _ input: UnsafePointer<Double>, positions: Range<Int>,
    places: Range<Int>, into packed: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: window) {
      mrdl_training_kernels_current().pointee.f64.pointee.pack_patches_transposed(
        $0, input, positions.lowerBound, positions.count, places.lowerBound, places.count, packed)
    }
  }

  static func addPatches(
    _ window: mrdl_window, _ matrix: UnsafePointer<Double>, rowStride: Int, places: Range<Int>,
    positions: Range<Int>, to input: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: window) {
      mrdl_training_kernels_current().pointee.f64.pointee.add_patches(
        $0, matrix, rowStride, places.lowerBound, places.count, positions.lowerBound,
        positions.count, input)
    }
  }

  static func maxPoolBackward(
    _ window: mrdl_window, planes: Int, _ x: UnsafePointer<Double>, _ dy: UnsafePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: window) {
      mrdl_training_kernels_current().pointee.f64.pointee.max_pool_backward($0, planes, x, dy, dx)
    }
  }

  static func averagePoolBackward(
    _ window: mrdl_window, planes: Int, _ dy: UnsafePointer<Double>,
    _ dx: UnsafeMutablePointer<Double>, countsPadding: Bool
  ) {
    withUnsafePointer(to: window) {
      mrdl_training_kernels_current().pointee.f64.pointee.average_pool_backward(
        $0, planes, dy, dx, countsPadding ? 1 : 0)
    }
  }

  static func sumRows(
    rows: Int, columns: Int, _ x: UnsafePointer<Double>, rowStride: Int,
    _ y: UnsafeMutablePointer<Double>, accumulates: Bool
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.sum_rows(
      rows, columns, x, rowStride, y, accumulates ? 1 : 0)
  }

  static func sumColumns(
    rows: Int, columns: Int, _ x: UnsafePointer<Double>, rowStride: Int,
    _ y: UnsafeMutablePointer<Double>, accumulates: Bool
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.sum_columns(
      rows, columns, x, rowStride, y, accumulates ? 1 : 0)
  }
}

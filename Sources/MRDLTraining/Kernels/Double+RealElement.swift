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

  static func tangent(_ count: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    mrdl_kernels_current().pointee.f64.pointee.tanh(count, x, y)
  }

  static func errorFunction(
    _ count: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    mrdl_kernels_current().pointee.f64.pointee.erf(count, x, y)
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

  static func centredSquares(_ count: Int, mean: Double, _ x: UnsafePointer<Double>) -> Double {
    mrdl_kernels_current().pointee.f64.pointee.sum_of_squared_deviations(count, x, mean)
  }

  static func sum(_ count: Int, _ x: UnsafePointer<Double>) -> Double {
    mrdl_kernels_current().pointee.f64.pointee.sum(count, x)
  }

  static func sumOfSquares(_ count: Int, _ x: UnsafePointer<Double>) -> Double {
    mrdl_kernels_current().pointee.f64.pointee.sum_of_squares(count, x)
  }

  static func addResidualMoments(
    _ count: Int, mean: Double, _ x: UnsafePointer<Double>, _ dy: UnsafePointer<Double>,
    to moments: inout (sum: Double, product: Double)
  ) {
    withUnsafeMutableBytes(of: &moments) { bytes in
      guard let sums = bytes.assumingMemoryBound(to: Double.self).baseAddress else { return }
      mrdl_training_kernels_current().pointee.f64.pointee.residual_moments(count, mean, x, dy, sums)
    }
  }

  static func blend(
    _ count: Int, _ a: Double, _ x: UnsafePointer<Double>, _ b: Double, _ y: UnsafePointer<Double>,
    _ c: Double,
    _ z: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.blend(count, a, x, b, y, c, z)
  }

  static func dropout(
    _ count: Int, _ words: DropoutWords, scale: Double, _ x: UnsafePointer<Double>,
    _ y: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.dropout(
      count, words.seed, words.stream, words.first, words.threshold, scale, x, y)
  }

  private static func terms(_ terms: GradientTerms) -> mrdl_f64_gradient_terms {
    mrdl_f64_gradient_terms(
      scale: Double(terms.scale), bound: Double(terms.bound), l1: Double(terms.l1),
      l2: Double(terms.l2),
      shrinkage: Double(terms.shrinkage))
  }

  static func descentStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ g: UnsafePointer<Double>,
    _ w: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f64.pointee.descent_step(
        count, $0, Double(rate), g, w)
    }
  }

  static func momentumStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: GradientDescent,
    _ g: UnsafePointer<Double>, _ v: UnsafeMutablePointer<Double>, _ w: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f64.pointee.momentum_step(
        count, $0, Double(rate), Double(rule.momentum), rule.usesNesterov ? 1 : 0, g, v, w)
    }
  }

  static func adaGradStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: AdaGrad, _ g: UnsafePointer<Double>,
    _ n: UnsafeMutablePointer<Double>, _ w: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f64.pointee.ada_grad_step(
        count, $0, Double(rate), Double(rule.epsilon), g, n, w)
    }
  }

  static func rmsPropStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: RMSProp, _ g: UnsafePointer<Double>,
    _ n: UnsafeMutablePointer<Double>, _ v: UnsafeMutablePointer<Double>?,
    _ w: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f64.pointee.rms_prop_step(
        count, $0, Double(rate), Double(rule.rho), Double(rule.epsilon), Double(rule.momentum), g,
        n, v, w)
    }
  }

  static func adamStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: Adam, step: Int,
    _ g: UnsafePointer<Double>, _ m: UnsafeMutablePointer<Double>,
    _ n: UnsafeMutablePointer<Double>,
    _ w: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f64.pointee.adam_step(
        count, $0, Double(rate), Double(rule.beta1), Double(rule.beta2), Double(rule.epsilon),
        Double(1 - rule.beta1.power(step)), Double(1 - rule.beta2.power(step)), g, m, n, w)
    }
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

  static func correlate(
    rows: Int, offsets: UnsafeBufferPointer<Int>, images: Int, count: Int,
    _ y: UnsafePointer<Double>, rowStride: Int, imageStride: Int, _ x: UnsafePointer<Double>,
    inputImageStride: Int, into d: UnsafeMutablePointer<Double>, resultRowStride: Int,
    accumulates: Bool
  ) {
    guard let shifts = offsets.baseAddress else { return }
    mrdl_training_kernels_current().pointee.f64.pointee.correlate(
      rows, offsets.count, images, count, y, rowStride, imageStride, x, inputImageStride, shifts, d,
      resultRowStride, accumulates ? 1 : 0)
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

  static func lstmForward(
    units: Int, sums: UnsafePointer<Double>, before: UnsafePointer<Double>,
    gates: UnsafeMutablePointer<Double>, after: UnsafeMutablePointer<Double>,
    squashed: UnsafeMutablePointer<Double>, state: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.lstm_forward(
      units, sums, before, gates, after, squashed, state)
  }

  static func lstmBackward(
    units: Int, gates: UnsafePointer<Double>, before: UnsafePointer<Double>,
    squashed: UnsafePointer<Double>, dh: UnsafePointer<Double>, dc: UnsafeMutablePointer<Double>,
    dsums: UnsafeMutablePointer<Double>
  ) {
    mrdl_training_kernels_current().pointee.f64.pointee.lstm_backward(
      units, gates, before, squashed, dh, dc, dsums)
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

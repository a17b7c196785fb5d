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

  static func tangent(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    mrdl_kernels_current().pointee.f32.pointee.tanh(count, x, y)
  }

  static func errorFunction(
    _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    mrdl_kernels_current().pointee.f32.pointee.erf(count, x, y)
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

  static func centredSquares(_ count: Int, mean: Float, _ x: UnsafePointer<Float>) -> Double {
    mrdl_kernels_current().pointee.f32.pointee.sum_of_squared_deviations(count, x, mean)
  }

  static func sum(_ count: Int, _ x: UnsafePointer<Float>) -> Double {
    mrdl_kernels_current().pointee.f32.pointee.sum(count, x)
  }

  static func sumOfSquares(_ count: Int, _ x: UnsafePointer<Float>) -> Double {
    mrdl_kernels_current().pointee.f32.pointee.sum_of_squares(count, x)
  }

  static func addResidualMoments(
    _ count: Int, mean: Float, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    to moments: inout (sum: Double, product: Double)
  ) {
    withUnsafeMutableBytes(of: &moments) { bytes in
      guard let sums = bytes.assumingMemoryBound(to: Double.self).baseAddress else { return }
      mrdl_training_kernels_current().pointee.f32.pointee.residual_moments(count, mean, x, dy, sums)
    }
  }

  static func blend(
    _ count: Int, _ a: Float, _ x: UnsafePointer<Float>, _ b: Float, _ y: UnsafePointer<Float>,
    _ c: Float,
    _ z: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.blend(count, a, x, b, y, c, z)
  }

  static func dropout(
    _ count: Int, _ words: DropoutWords, scale: Float, _ x: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.dropout(
      count, words.seed, words.stream, words.first, words.threshold, scale, x, y)
  }

  private static func terms(_ terms: GradientTerms) -> mrdl_f32_gradient_terms {
    mrdl_f32_gradient_terms(
      scale: Float(terms.scale), bound: Float(terms.bound), l1: Float(terms.l1),
      l2: Float(terms.l2),
      shrinkage: Float(terms.shrinkage))
  }

  static func descentStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ g: UnsafePointer<Float>,
    _ w: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f32.pointee.descent_step(count, $0, Float(rate), g, w)
    }
  }

  static func momentumStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: GradientDescent,
    _ g: UnsafePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ w: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f32.pointee.momentum_step(
        count, $0, Float(rate), Float(rule.momentum), rule.usesNesterov ? 1 : 0, g, v, w)
    }
  }

  static func adaGradStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: AdaGrad, _ g: UnsafePointer<Float>,
    _ n: UnsafeMutablePointer<Float>, _ w: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f32.pointee.ada_grad_step(
        count, $0, Float(rate), Float(rule.epsilon), g, n, w)
    }
  }

  static func rmsPropStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: RMSProp, _ g: UnsafePointer<Float>,
    _ n: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>?,
    _ w: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f32.pointee.rms_prop_step(
        count, $0, Float(rate), Float(rule.rho), Float(rule.epsilon), Float(rule.momentum), g, n, v,
        w)
    }
  }

  static func adamStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: Adam, step: Int,
    _ g: UnsafePointer<Float>, _ m: UnsafeMutablePointer<Float>, _ n: UnsafeMutablePointer<Float>,
    _ w: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: Self.terms(terms)) {
      mrdl_training_kernels_current().pointee.f32.pointee.adam_step(
        count, $0, Float(rate), Float(rule.beta1), Float(rule.beta2), Float(rule.epsilon),
        Float(1 - rule.beta1.power(step)), Float(1 - rule.beta2.power(step)), g, m, n, w)
    }
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

  static func correlate(
    rows: Int, offsets: UnsafeBufferPointer<Int>, images: Int, count: Int,
    _ y: UnsafePointer<Float>, rowStride: Int, imageStride: Int, _ x: UnsafePointer<Float>,
    inputImageStride: Int, into d: UnsafeMutablePointer<Float>, resultRowStride: Int,
    accumulates: Bool
  ) {
    guard let shifts = offsets.baseAddress else { return }
    mrdl_training_kernels_current().pointee.f32.pointee.correlate(
      rows, offsets.count, images, count, y, rowStride, imageStride, x, inputImageStride, shifts, d,
      resultRowStride, accumulates ? 1 : 0)
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

  static func lstmForward(
    units: Int, sums: UnsafePointer<Float>, before: UnsafePointer<Float>,
    gates: UnsafeMutablePointer<Float>, after: UnsafeMutablePointer<Float>,
    squashed: UnsafeMutablePointer<Float>, state: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.lstm_forward(
      units, sums, before, gates, after, squashed, state)
  }

  static func lstmBackward(
    units: Int, gates: UnsafePointer<Float>, before: UnsafePointer<Float>,
    squashed: UnsafePointer<Float>, dh: UnsafePointer<Float>, dc: UnsafeMutablePointer<Float>,
    dsums: UnsafeMutablePointer<Float>
  ) {
    mrdl_training_kernels_current().pointee.f32.pointee.lstm_backward(
      units, gates, before, squashed, dh, dc, dsums)
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

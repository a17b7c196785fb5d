internal import CMRDLKernels
internal import MRDLCore
internal import MRDLNumerics

/// The element types that gradients are computed in, with the kernels for each.
///
/// An array written may be one that is read where both are walked in the same order.
protocol RealElement: TensorElement, KernelScalar {
  /// y = eˣ.
  static func exponential(_ count: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// y = ln x.
  static func logarithm(_ count: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// y = 1 / (1 + e⁻ˣ).
  static func sigmoid(_ count: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// y = tanh x.
  static func tangent(_ count: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// y = erf x.
  static func errorFunction(
    _ count: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// The softmax of each dense row.
  static func softmax(
    rows: Int, columns: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// The logarithm of the softmax of each dense row.
  static func logSoftmax(
    rows: Int, columns: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)

  /// dx = dy where y > 0, else 0.
  static func reluBackward(
    _ count: Int, _ y: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>)

  /// dx = dy where x ≥ 0, else α dy.
  static func leakyReluBackward(
    _ count: Int, alpha: Self, _ x: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>)

  /// dx = dy · y (1 − y).
  static func sigmoidBackward(
    _ count: Int, _ y: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>)

  /// dx = dy · (1 − y²).
  static func tanhBackward(
    _ count: Int, _ y: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>)

  /// dx = dy where low ≤ x ≤ high, else 0.
  static func clipBackward(
    _ count: Int, low: Self, high: Self, _ x: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>)

  /// Along each dense row: dx = y (dy − Σ dy y).
  static func softmaxBackward(
    rows: Int, columns: Int, _ y: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>)

  /// Along each dense row: dx = dy − eʸ Σ dy.
  static func logSoftmaxBackward(
    rows: Int, columns: Int, _ y: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>)

  /// Σ (x − mean)².
  static func centredSquares(_ count: Int, mean: Self, _ x: UnsafePointer<Self>) -> Double

  /// Σ x.
  static func sum(_ count: Int, _ x: UnsafePointer<Self>) -> Double

  /// Σ x².
  static func sumOfSquares(_ count: Int, _ x: UnsafePointer<Self>) -> Double

  /// Adds Σ dy and Σ dy (x − mean).
  static func addResidualMoments(
    _ count: Int, mean: Self, _ x: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    to moments: inout (sum: Double, product: Double))

  /// z = a x + b y + c; z may be x or y.
  static func blend(
    _ count: Int, _ a: Self, _ x: UnsafePointer<Self>, _ b: Self, _ y: UnsafePointer<Self>,
    _ c: Self, _ z: UnsafeMutablePointer<Self>)

  /// y = x · scale where the word of a stream of random numbers reaches the threshold, else 0: see
  /// `mrdl_training_kernel_table.h`.
  static func dropout(
    _ count: Int, _ words: DropoutWords, scale: Self, _ x: UnsafePointer<Self>,
    _ y: UnsafeMutablePointer<Self>)

  /// One step of gradient descent on the weights w.
  static func descentStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ g: UnsafePointer<Self>,
    _ w: UnsafeMutablePointer<Self>)

  /// One step of gradient descent with momentum on the weights w with velocities v.
  static func momentumStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: GradientDescent,
    _ g: UnsafePointer<Self>, _ v: UnsafeMutablePointer<Self>, _ w: UnsafeMutablePointer<Self>)

  /// One step of AdaGrad on the weights w with sums of squares n.
  static func adaGradStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: AdaGrad, _ g: UnsafePointer<Self>,
    _ n: UnsafeMutablePointer<Self>, _ w: UnsafeMutablePointer<Self>)

  /// One step of RMSProp on the weights w with mean squares n and, with momentum, velocities v.
  static func rmsPropStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: RMSProp, _ g: UnsafePointer<Self>,
    _ n: UnsafeMutablePointer<Self>, _ v: UnsafeMutablePointer<Self>?,
    _ w: UnsafeMutablePointer<Self>)

  /// One step of Adam, counted from 1, on the weights w with the averages m and n.
  static func adamStep(
    _ count: Int, _ terms: GradientTerms, rate: Double, _ rule: Adam, step: Int,
    _ g: UnsafePointer<Self>, _ m: UnsafeMutablePointer<Self>, _ n: UnsafeMutablePointer<Self>,
    _ w: UnsafeMutablePointer<Self>)

  /// Packs, as the right matrix of a product, what the window sees: row j is an output position, column k a
  /// place in the window.
  static func packPatchesTransposed(
    _ window: mrdl_window, _ input: UnsafePointer<Self>, positions: Range<Int>, places: Range<Int>,
    into packed: UnsafeMutablePointer<Self>)

  /// Adds element (k, j) of a matrix to the input element that place k of the window sees at output position
  /// j, counted from the given ones.
  static func addPatches(
    _ window: mrdl_window, _ matrix: UnsafePointer<Self>, rowStride: Int, places: Range<Int>,
    positions: Range<Int>, to input: UnsafeMutablePointer<Self>)

  /// d[i][k] = Σ over images and j of y[i][j] · x[offsets[k] + j] (+ d[i][k]); `count`, the elements of a
  /// row, is a multiple of those of a register.
  static func correlate(
    rows: Int, offsets: UnsafeBufferPointer<Int>, images: Int, count: Int, _ y: UnsafePointer<Self>,
    rowStride: Int, imageStride: Int, _ x: UnsafePointer<Self>, inputImageStride: Int,
    into d: UnsafeMutablePointer<Self>, resultRowStride: Int, accumulates: Bool)

  /// Gives each dy to the first of the largest elements of its window.
  static func maxPoolBackward(
    _ window: mrdl_window, planes: Int, _ x: UnsafePointer<Self>, _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>)

  /// Spreads each dy evenly over its window.
  static func averagePoolBackward(
    _ window: mrdl_window, planes: Int, _ dy: UnsafePointer<Self>, _ dx: UnsafeMutablePointer<Self>,
    countsPadding: Bool)

  /// One step of one sequence of an LSTM with sigmoid and tanh: see `mrdl_training_kernel_table.h`.
  static func lstmForward(
    units: Int, sums: UnsafePointer<Self>, before: UnsafePointer<Self>,
    gates: UnsafeMutablePointer<Self>, after: UnsafeMutablePointer<Self>,
    squashed: UnsafeMutablePointer<Self>, state: UnsafeMutablePointer<Self>)

  /// The way back of that step.
  static func lstmBackward(
    units: Int, gates: UnsafePointer<Self>, before: UnsafePointer<Self>,
    squashed: UnsafePointer<Self>, dh: UnsafePointer<Self>, dc: UnsafeMutablePointer<Self>,
    dsums: UnsafeMutablePointer<Self>)

  /// y[i] = Σⱼ x[i][j] (+ y[i]).
  static func sumRows(
    rows: Int, columns: Int, _ x: UnsafePointer<Self>, rowStride: Int,
    _ y: UnsafeMutablePointer<Self>, accumulates: Bool)

  /// y[j] = Σᵢ x[i][j] (+ y[j]).
  static func sumColumns(
    rows: Int, columns: Int, _ x: UnsafePointer<Self>, rowStride: Int,
    _ y: UnsafeMutablePointer<Self>, accumulates: Bool)
}

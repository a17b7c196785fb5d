internal import MRDLCore
internal import MRDLNumerics

/// The sizes of [batch, channels, …], whose channels are normalised one by one.
struct BatchStatistics<Element: RealElement>: Sendable {
  let batchCount: Int
  let channelCount: Int
  /// Elements of one channel of one sample.
  let volume: Int

  /// - Precondition: the shape has at least the two axes of batch and channels.
  init(_ shape: Shape) {
    batchCount = shape[0]
    channelCount = shape[1]
    volume = shape.dimensions[2...].reduce(1, *)
  }

  /// Elements of one channel of the batch.
  var elementCount: Int { batchCount * volume }

  /// Where a channel of a sample begins.
  func start(image: Int, channel: Int) -> Int { (image * channelCount + channel) * volume }

  /// Mean and mean squared deviation of a channel, summed in double precision, image after image.
  func moments(
    of channel: Int, _ values: UnsafePointer<Element>
  ) -> (mean: Double, variance: Double) {
    var sum = 0.0
    for image in 0..<batchCount {
      sum += Element.sum(volume, values + start(image: image, channel: channel))
    }
    let mean = sum / Double(max(elementCount, 1))
    var squares = 0.0
    for image in 0..<batchCount {
      squares += Element.centredSquares(
        volume, mean: Element(mean), values + start(image: image, channel: channel))
    }
    return (mean, squares / Double(max(elementCount, 1)))
  }

  /// Σ dy and Σ dy (x − mean) of a channel.
  func residualMoments(
    of channel: Int, mean: Element, _ values: UnsafePointer<Element>,
    _ residuals: UnsafePointer<Element>
  ) -> (sum: Double, product: Double) {
    var moments = (sum: 0.0, product: 0.0)
    for image in 0..<batchCount {
      let first = start(image: image, channel: channel)
      Element.addResidualMoments(
        volume, mean: mean, values + first, residuals + first, to: &moments)
    }
    return moments
  }

  /// z = a x + b y + c for one channel.
  func blend(
    _ channel: Int, _ a: Double, _ x: UnsafePointer<Element>, _ b: Double,
    _ y: UnsafePointer<Element>, _ c: Double, _ z: UnsafeMutablePointer<Element>
  ) {
    for image in 0..<batchCount {
      let first = start(image: image, channel: channel)
      Element.blend(
        volume, Element(a), x + first, Element(b), y + first, Element(c), z + first)
    }
  }

  /// Writes the value of a channel to an output, which is empty where nobody needs it.
  func put(
    _ value: Double, of channel: Int, to output: UnsafeMutableBufferPointer<Element>
  ) {
    if output.baseAddress != nil { output[channel] = Element(value) }
  }

  /// Does the work of every channel, which shares nothing with another.
  func forEachChannel(threadLimit: Int, _ body: (Int) -> Void) {
    WorkerPool.parallel(
      channelCount,
      threadLimit: elementCount * channelCount < ProductBlocking.leastParallelWork
        ? 1 : threadLimit, body)
  }
}

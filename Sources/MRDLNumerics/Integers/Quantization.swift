internal import CMRDLKernels

/// Real numbers as whole ones of eight bits with one scale and zero point, and back.
package enum Quantization {
  /// y = x / scale rounded to the nearest whole number, halves to the even one, plus the zero point, within
  /// i8 or u8. NaN becomes the lowest number.
  package static func quantize(
    _ x: UnsafeBufferPointer<Float>, scale: Float, zero: Int32, isSigned: Bool,
    into y: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    guard let x = Span(x, y) else { return }
    let (low, high): (Int32, Int32) = isSigned ? (-128, 127) : (0, 255)
    x.run(threadLimit) { from, to, count in
      mrdl_integer_kernels_current().pointee.quantize(
        count, from.assumingMemoryBound(to: Float.self), scale, zero, low, high,
        to.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// y = (x − zero) · scale for bytes of i8 or u8.
  package static func dequantize(
    _ x: UnsafeRawPointer, count: Int, isSigned: Bool, scale: Float, zero: Int32,
    into y: UnsafeMutablePointer<Float>, threadLimit: Int
  ) {
    Span(x: x, xWidth: 1, y: y, yWidth: 4, count: count).run(threadLimit) { from, to, count in
      mrdl_integer_kernels_current().pointee.dequantize(
        count, from.assumingMemoryBound(to: UInt8.self), isSigned ? 1 : 0, scale, zero,
        to.assumingMemoryBound(to: Float.self))
    }
  }

  /// Two arrays that are walked together, in pieces.
  private struct Span {
    let x: UnsafeRawPointer
    let xWidth: Int
    let y: UnsafeMutableRawPointer
    let yWidth: Int
    let count: Int

    init(x: UnsafeRawPointer, xWidth: Int, y: UnsafeMutableRawPointer, yWidth: Int, count: Int) {
      self.x = x
      self.xWidth = xWidth
      self.y = y
      self.yWidth = yWidth
      self.count = count
    }

    init?(_ x: UnsafeBufferPointer<Float>, _ y: UnsafeMutableRawPointer) {
      guard let start = x.baseAddress else { return nil }
      self.init(x: start, xWidth: 4, y: y, yWidth: 1, count: x.count)
    }

    func run(
      _ threadLimit: Int,
      _ body: (UnsafeRawPointer, UnsafeMutableRawPointer, _ count: Int) -> Void
    ) {
      let step = max(ProductBlocking.leastParallelWork / 4, (count + 7) / 8 + 63) / 64 * 64
      WorkerPool.parallel((count + step - 1) / step, threadLimit: threadLimit) { piece in
        let first = piece * step
        body(x + first * xWidth, y + first * yWidth, min(step, count - first))
      }
    }
  }
}

internal import CMRDLKernels

/// Real numbers as whole ones of eight bits with one scale and zero point, and back.
package enum Quantization {
  /// y = x / scale rounded to the nearest whole number, halves to the even one, plus the zero point, within
  /// i8 or u8. NaN becomes the lowest number.
  package static func quantize(
    _ x: UnsafeBufferPointer<Float>, scale: Float, zero: Int32, isSigned: Bool,
    into y: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    guard let start = x.baseAddress else { return }
    let work = Quantizing(
      parts: Parts(count: x.count), x: start, y: y.assumingMemoryBound(to: UInt8.self),
      scale: scale, zero: zero, isSigned: isSigned)
    WorkerPool.run(work, count: work.parts.partCount, threadLimit: threadLimit)
  }

  /// y = (x − zero) · scale for bytes of i8 or u8.
  package static func dequantize(
    _ x: UnsafeRawPointer, count: Int, isSigned: Bool, scale: Float, zero: Int32,
    into y: UnsafeMutablePointer<Float>, threadLimit: Int
  ) {
    let work = Dequantizing(
      parts: Parts(count: count), x: x.assumingMemoryBound(to: UInt8.self), y: y, scale: scale,
      zero: zero, isSigned: isSigned)
    WorkerPool.run(work, count: work.parts.partCount, threadLimit: threadLimit)
  }

  /// How elements are shared out.
  private struct Parts {
    let count: Int

    private var step: Int {
      max(ProductBlocking.leastParallelWork / 4, (count + 7) / 8 + 63) / 64 * 64
    }

    var partCount: Int { (count + step - 1) / step }

    subscript(index: Int) -> Range<Int> { index * step..<min((index + 1) * step, count) }
  }

  private struct Quantizing: ParallelWork {
    let parts: Parts
    let x: UnsafePointer<Float>
    let y: UnsafeMutablePointer<UInt8>
    let scale: Float
    let zero: Int32
    let isSigned: Bool

    func run(index: Int, slot: Int) {
      let part = parts[index]
      let (low, high): (Int32, Int32) = isSigned ? (-128, 127) : (0, 255)
      mrdl_integer_kernels_current().pointee.quantize(
        part.count, x + part.lowerBound, scale, zero, low, high, y + part.lowerBound)
    }
  }

  private struct Dequantizing: ParallelWork {
    let parts: Parts
    let x: UnsafePointer<UInt8>
    let y: UnsafeMutablePointer<Float>
    let scale: Float
    let zero: Int32
    let isSigned: Bool

    func run(index: Int, slot: Int) {
      let part = parts[index]
      mrdl_integer_kernels_current().pointee.dequantize(
        part.count, x + part.lowerBound, isSigned ? 1 : 0, scale, zero, y + part.lowerBound)
    }
  }
}

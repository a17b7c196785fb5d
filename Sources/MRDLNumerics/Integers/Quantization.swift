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
      pieces: pieces(x.count), x: start, y: y.assumingMemoryBound(to: UInt8.self),
      scale: scale, zero: zero, isSigned: isSigned)
    WorkerPool.run(work, count: work.pieces.count, threadLimit: threadLimit)
  }

  /// y = (x − zero) · scale for bytes of i8 or u8.
  package static func dequantize(
    _ x: UnsafeRawPointer, count: Int, isSigned: Bool, scale: Float, zero: Int32,
    into y: UnsafeMutablePointer<Float>, threadLimit: Int
  ) {
    let work = Dequantizing(
      pieces: pieces(count), x: x.assumingMemoryBound(to: UInt8.self), y: y, scale: scale,
      zero: zero, isSigned: isSigned)
    WorkerPool.run(work, count: work.pieces.count, threadLimit: threadLimit)
  }

  /// How elements are shared out.
  private static func pieces(_ count: Int) -> EqualPieces {
    EqualPieces(ofElements: count, least: ProductBlocking.leastParallelWork / 4)
  }

  private struct Quantizing: ParallelWork {
    let pieces: EqualPieces
    let x: UnsafePointer<Float>
    let y: UnsafeMutablePointer<UInt8>
    let scale: Float
    let zero: Int32
    let isSigned: Bool

    func run(index: Int, slot: Int) {
      let piece = pieces[index]
      let (low, high): (Int32, Int32) = isSigned ? (-128, 127) : (0, 255)
      mrdl_integer_kernels_current().pointee.quantize(
        piece.count, x + piece.lowerBound, scale, zero, low, high, y + piece.lowerBound)
    }
  }

  private struct Dequantizing: ParallelWork {
    let pieces: EqualPieces
    let x: UnsafePointer<UInt8>
    let y: UnsafeMutablePointer<Float>
    let scale: Float
    let zero: Int32
    let isSigned: Bool

    func run(index: Int, slot: Int) {
      let piece = pieces[index]
      mrdl_integer_kernels_current().pointee.dequantize(
        piece.count, x + piece.lowerBound, isSigned ? 1 : 0, scale, zero, y + piece.lowerBound)
    }
  }
}

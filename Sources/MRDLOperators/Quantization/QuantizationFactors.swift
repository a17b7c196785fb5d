internal import MRDLCore

/// Scales and zero points of any type, brought to float32 in the workspace of a kernel: inputs 1 and 2.
struct QuantizationFactors: Sendable {
  private let scales: CastKernel
  private let zeros: CastKernel
  private let count: Int

  init(_ request: KernelRequest, zeroType: ScalarType) {
    count = request.inputShape(1).elementCount
    scales = CastKernel(from: request.inputType(1), to: .float32, count: count)
    zeros = CastKernel(from: zeroType, to: .float32, count: count)
  }

  private var partByteCount: Int { (count * 4).roundedUp(toMultipleOf: 64) }

  /// Bytes that `read` fills.
  var byteCount: Int { 2 * partByteCount }

  /// The scales, and the zero points where there are any.
  func read(
    _ arguments: borrowing KernelArguments, into place: UnsafeMutableRawBufferPointer,
    scratch: UnsafeMutableRawBufferPointer
  ) throws(MRDLError) -> (
    scales: UnsafeMutableBufferPointer<Float>, zeros: UnsafeMutableBufferPointer<Float>?
  ) {
    let first = UnsafeMutableRawBufferPointer(rebasing: place[..<partByteCount])
    let second = UnsafeMutableRawBufferPointer(rebasing: place[partByteCount..<byteCount])
    try scales.run(from: arguments.inputBytes(1), to: first, scratch: scratch)
    guard arguments.hasInput(2) else { return (first.assumingMemoryBound(to: Float.self), nil) }
    try zeros.run(from: arguments.inputBytes(2), to: second, scratch: scratch)
    return (
      first.assumingMemoryBound(to: Float.self), second.assumingMemoryBound(to: Float.self)
    )
  }
}

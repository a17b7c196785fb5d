internal import CMRDLKernels
package import MRDLCore

/// y = x · scale[c] + shift[c] for the channels of an NC… tensor: batch normalisation with its statistics
/// folded in.
///
/// Results do not depend on the number of threads. A run allocates nothing.
package struct ChannelAffine: Sendable {
  package let scalarType: ScalarType
  package let batchCount: Int
  package let channelCount: Int
  /// Elements of one channel of one image.
  package let volume: Int

  /// - Parameter scalarType: float32 or float64.
  /// - Precondition: the scalar type is one of the two.
  package init(_ scalarType: ScalarType, batchCount: Int, channelCount: Int, volume: Int) {
    precondition(scalarType == .float32 || scalarType == .float64, "an affine map of \(scalarType)")
    self.scalarType = scalarType
    self.batchCount = batchCount
    self.channelCount = channelCount
    self.volume = volume
  }

  /// Computes the output, which may be the same memory as the input.
  ///
  /// - Parameter scale, shift: one value for each channel.
  package func run(
    input: UnsafeRawPointer, scale: UnsafeRawPointer, shift: UnsafeRawPointer,
    output: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let isSmall = batchCount * channelCount * volume < 65_536
    WorkerPool.run(
      Images(affine: self, input: input, scale: scale, shift: shift, output: output),
      count: batchCount, threadLimit: isSmall ? 1 : threadLimit)
  }

  private struct Images: ParallelWork {
    let affine: ChannelAffine
    let input: UnsafeRawPointer
    let scale: UnsafeRawPointer
    let shift: UnsafeRawPointer
    let output: UnsafeMutableRawPointer

    func run(index: Int, slot: Int) {
      let start = index * affine.channelCount * affine.volume
      if affine.scalarType == .float32 {
        mrdl_kernels_current().pointee.f32.pointee.scale_shift(
          affine.channelCount, affine.volume, input.assumingMemoryBound(to: Float.self) + start,
          scale.assumingMemoryBound(to: Float.self), shift.assumingMemoryBound(to: Float.self),
          output.assumingMemoryBound(to: Float.self) + start)
      } else {
        mrdl_kernels_current().pointee.f64.pointee.scale_shift(
          affine.channelCount, affine.volume, input.assumingMemoryBound(to: Double.self) + start,
          scale.assumingMemoryBound(to: Double.self), shift.assumingMemoryBound(to: Double.self),
          output.assumingMemoryBound(to: Double.self) + start)
      }
    }
  }
}

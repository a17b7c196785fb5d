internal import CMRDLKernels

/// Pooling of a batch of blocked float32 images, with the meaning of `Pooling`.
package struct BlockedPooling: Sendable {
  package let kind: Pooling.Kind
  package let window: Window
  private let width: BlockWidth
  private let bands: BlockedBands

  /// - Precondition: the window has two axes.
  package init(
    _ kind: Pooling.Kind, batchCount: Int, channels: Int, width: BlockWidth = .wide, window: Window
  ) {
    precondition(
      window.geometry.input.depth == 1 && window.geometry.output.depth == 1
        && window.geometry.kernel.depth == 1, "blocked pooling over three axes")
    self.kind = kind
    self.width = width
    self.window = window
    bands = BlockedBands(batchCount: batchCount, channels: channels, width: width, window: window)
  }

  /// - Complexity: O(batch · output elements · kernel volume).
  package func run(
    input: UnsafeRawPointer, output: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let input = input.assumingMemoryBound(to: Float.self)
    let output = output.assumingMemoryBound(to: Float.self)
    bands.run(threadLimit: threadLimit) { block, _, rows in
      let from = input + block * bands.inputStride
      let to = output + block * bands.outputStride
      withUnsafePointer(to: window.geometry) { window in
        let kernels = width.kernels
        switch kind {
        case .maximum: kernels.max_pool(window, rows.lowerBound, rows.upperBound, from, to)
        case .average(let countsPadding):
          kernels.average_pool(
            window, rows.lowerBound, rows.upperBound, from, to, countsPadding ? 1 : 0)
        }
      }
    }
  }

  /// The mean of each channel over all pixels, or its largest element.
  ///
  /// - Parameters:
  ///   - input: `blocks` blocks of `pixels` pixels.
  ///   - output: one pixel a block.
  package static func reduce(
    _ isMean: Bool, blocks: Int, pixels: Int, width: BlockWidth, input: UnsafeRawPointer,
    output: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let input = input.assumingMemoryBound(to: Float.self)
    let output = output.assumingMemoryBound(to: Float.self)
    let lanes = width.lanes
    let isSmall = blocks * pixels * lanes < ProductBlocking.leastParallelWork / 8
    let pieces = min(blocks, 8)
    WorkerPool.parallel(pieces, threadLimit: isSmall ? 1 : threadLimit) { piece in
      let kernels = width.kernels
      for block in piece * blocks / pieces..<(piece + 1) * blocks / pieces {
        (isMean ? kernels.mean : kernels.largest)(
          pixels, input + block * pixels * lanes, output + block * lanes)
      }
    }
  }
}

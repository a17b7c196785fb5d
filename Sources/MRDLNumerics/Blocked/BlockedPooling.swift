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
    bands.run(Rows(pooling: self, input: input, output: output), threadLimit: threadLimit)
  }

  private struct Rows: BandWork {
    let pooling: BlockedPooling
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>

    func run(_ piece: BlockedBands.Piece) {
      let from = input + piece.block * pooling.bands.inputStride
      let to = output + piece.block * pooling.bands.outputStride
      let (first, last) = (piece.rows.lowerBound, piece.rows.upperBound)
      withUnsafePointer(to: pooling.window.geometry) { window in
        let kernels = pooling.width.kernels
        switch pooling.kind {
        case .maximum: kernels.max_pool(window, first, last, from, to)
        case .average(let countsPadding):
          kernels.average_pool(window, first, last, from, to, countsPadding ? 1 : 0)
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
    let means = Means(
      isMean: isMean, blocks: blocks, pixels: pixels, width: width, input: input, output: output)
    WorkerPool.run(means, count: means.pieceCount, threadLimit: isSmall ? 1 : threadLimit)
  }

  /// Some blocks that become a pixel each.
  private struct Means: ParallelWork {
    let isMean: Bool
    let blocks: Int
    let pixels: Int
    let width: BlockWidth
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>

    var pieceCount: Int { min(blocks, 8) }

    func run(index: Int, slot: Int) {
      let kernels = width.kernels
      let reduce = isMean ? kernels.mean : kernels.largest
      for block in index * blocks / pieceCount..<(index + 1) * blocks / pieceCount {
        reduce(pixels, input + block * pixels * width.lanes, output + block * width.lanes)
      }
    }
  }
}

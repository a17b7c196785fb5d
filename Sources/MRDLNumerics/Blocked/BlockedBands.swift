internal import CMRDLKernels

/// How work on blocks that do not mix channels is shared out: pieces are some output rows of one block.
struct BlockedBands: Sendable {
  /// Blocks of an image.
  let blockCount: Int
  /// Elements of one block.
  let inputStride: Int
  let outputStride: Int
  private let batchCount: Int
  private let height: Int
  private let bandStep: Int
  private let bandCount: Int

  init(batchCount: Int, channels: Int, width: BlockWidth, window: Window) {
    let lanes = width.lanes
    self.batchCount = batchCount
    blockCount = width.blockCount(channels: channels)
    inputStride = window.inputVolume * lanes
    outputStride = window.outputVolume * lanes
    height = window.geometry.output.height
    let rowWork = window.geometry.output.width * lanes * window.kernelVolume
    let blocks = max(1, batchCount * blockCount)
    // Rows are cut only where there are few blocks.
    let wanted = max(1, (8 + blocks - 1) / blocks)
    let least = max(1, ProductBlocking.leastParallelWork / max(1, rowWork))
    bandStep = max(1, min(height, max(least, (height + wanted - 1) / wanted)))
    bandCount = (height + bandStep - 1) / bandStep
  }

  /// Does the rows of all blocks.
  ///
  /// - Parameter body: given a block among those of all images, its number in its image, and rows.
  func run(
    threadLimit: Int, _ body: (_ block: Int, _ channelBlock: Int, _ rows: Range<Int>) -> Void
  ) {
    let isSmall =
      batchCount * blockCount * max(inputStride, outputStride) < ProductBlocking.leastParallelWork
      / 4
    WorkerPool.parallel(
      batchCount * blockCount * bandCount, threadLimit: isSmall ? 1 : threadLimit
    ) { index in
      let (block, band) = index.quotientAndRemainder(dividingBy: bandCount)
      let first = band * bandStep
      body(block, block % blockCount, first..<min(first + bandStep, height))
    }
  }
}

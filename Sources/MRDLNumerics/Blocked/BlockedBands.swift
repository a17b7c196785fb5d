internal import CMRDLKernels

/// How work on blocks that do not mix channels is shared out: pieces are some output rows of some blocks.
///
/// Rows come first, as in the convolutions before and behind, so that a thread reads what it has written.
struct BlockedBands: Sendable {
  /// Blocks of an image.
  let blockCount: Int
  /// Elements of one block.
  let inputStride: Int
  let outputStride: Int
  private let batchCount: Int
  private let height: Int
  private let bandCount: Int
  private let groupStep: Int
  private let groupCount: Int

  init(batchCount: Int, channels: Int, width: BlockWidth, window: Window) {
    let lanes = width.lanes
    self.batchCount = batchCount
    blockCount = width.blockCount(channels: channels)
    inputStride = window.inputVolume * lanes
    outputStride = window.outputVolume * lanes
    height = window.geometry.output.height
    let copies = max(1, batchCount)
    let work = copies * blockCount * window.outputVolume * lanes * window.kernelVolume
    let wanted = max(
      1, min((8 + copies - 1) / copies, 4 * work / ProductBlocking.leastParallelWork))
    bandCount = max(1, min(wanted, 4, height / 3))
    let groups = max(1, min(blockCount, (wanted + bandCount - 1) / bandCount))
    groupStep = max(1, (blockCount + groups - 1) / groups)
    groupCount = (blockCount + groupStep - 1) / groupStep
  }

  /// Does the rows of all blocks.
  ///
  /// - Parameter body: given a block among those of all images, its number in its image, and rows.
  func run(
    threadLimit: Int, _ body: (_ block: Int, _ channelBlock: Int, _ rows: Range<Int>) -> Void
  ) {
    let isSmall =
      batchCount * blockCount * max(inputStride, outputStride) < ProductBlocking.leastParallelWork
      / 16
    WorkerPool.parallel(
      batchCount * bandCount * groupCount, threadLimit: isSmall ? 1 : threadLimit
    ) { index in
      let (rest, group) = index.quotientAndRemainder(dividingBy: groupCount)
      let (image, band) = rest.quotientAndRemainder(dividingBy: bandCount)
      let rows = band * height / bandCount..<(band + 1) * height / bandCount
      let first = group * groupStep
      for block in first..<min(first + groupStep, blockCount) {
        body(image * blockCount + block, block, rows)
      }
    }
  }
}

internal import CMRDLKernels

/// Something that is done for some rows of a block at a time.
protocol BandWork {
  func run(_ piece: BlockedBands.Piece)
}

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

  /// A block among those of all images, its number in its image, and some of its rows.
  typealias Piece = (block: Int, channelBlock: Int, rows: Range<Int>)

  /// Does the rows of all blocks.
  func run(_ work: some BandWork, threadLimit: Int) {
    let isSmall =
      batchCount * blockCount * max(inputStride, outputStride) < ProductBlocking.leastParallelWork
      / 16
    WorkerPool.run(
      Groups(bands: self, work: work), count: batchCount * bandCount * groupCount,
      threadLimit: isSmall ? 1 : threadLimit)
  }

  private struct Groups<Work: BandWork>: ParallelWork {
    let bands: BlockedBands
    let work: Work

    func run(index: Int, slot: Int) {
      let (rest, group) = index.quotientAndRemainder(dividingBy: bands.groupCount)
      let (image, band) = rest.quotientAndRemainder(dividingBy: bands.bandCount)
      let rows =
        band * bands.height / bands.bandCount..<(band + 1) * bands.height / bands.bandCount
      let first = group * bands.groupStep
      for block in first..<min(first + bands.groupStep, bands.blockCount) {
        work.run((image * bands.blockCount + block, block, rows))
      }
    }
  }
}

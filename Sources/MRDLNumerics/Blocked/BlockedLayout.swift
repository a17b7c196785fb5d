internal import CMRDLKernels

/// How float32 tensors of N channels in planes and in blocks become each other.
///
/// A blocked tensor of C channels has the shape (N, ceil(C / lanes), H, W, lanes): the channels of a pixel
/// stand side by side, as many as a block has lanes. Lanes of the last
/// block beyond C hold anything, and no result depends on them.
package struct BlockedLayout: Sendable, Hashable {
  package let batchCount: Int
  package let channels: Int
  /// Elements of one plane.
  package let pixels: Int
  package let width: BlockWidth

  package init(batchCount: Int, channels: Int, pixels: Int, width: BlockWidth = .wide) {
    self.width = width
    self.batchCount = batchCount
    self.channels = channels
    self.pixels = pixels
  }

  /// Makes blocks of planes. Lanes beyond the last channel become zero.
  ///
  /// - Complexity: O(elements).
  package func makeBlocks(
    of planes: UnsafeRawPointer, into blocks: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let planes = planes.assumingMemoryBound(to: Float.self)
    let blocks = blocks.assumingMemoryBound(to: Float.self)
    forEachBlock(ToBlocks(planes: planes, blocks: blocks), threadLimit: threadLimit)
  }

  /// Makes planes of blocks.
  ///
  /// - Complexity: O(elements).
  package func makePlanes(
    of blocks: UnsafeRawPointer, into planes: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let planes = planes.assumingMemoryBound(to: Float.self)
    let blocks = blocks.assumingMemoryBound(to: Float.self)
    forEachBlock(FromBlocks(planes: planes, blocks: blocks), threadLimit: threadLimit)
  }

  private struct ToBlocks: BlockWork {
    let planes: UnsafePointer<Float>
    let blocks: UnsafeMutablePointer<Float>

    func run(_ layout: BlockedLayout, _ block: BlockedLayout.Block) {
      layout.width.kernels.to_block(
        block.channels, layout.pixels, planes + block.planeStart, layout.pixels,
        blocks + block.start)
    }
  }

  private struct FromBlocks: BlockWork {
    let planes: UnsafeMutablePointer<Float>
    let blocks: UnsafePointer<Float>

    func run(_ layout: BlockedLayout, _ block: BlockedLayout.Block) {
      layout.width.kernels.from_block(
        block.channels, layout.pixels, blocks + block.start, planes + block.planeStart,
        layout.pixels)
    }
  }

  // MARK: Blocks

  /// The channels of a block, and its first elements in blocks and in planes.
  typealias Block = (channels: Int, start: Int, planeStart: Int)

  func forEachBlock(_ work: some BlockWork, threadLimit: Int) {
    let isSmall = batchCount * channels * pixels < ProductBlocking.leastParallelWork
    WorkerPool.run(
      Blocks(layout: self, work: work), count: batchCount * width.blockCount(channels: channels),
      threadLimit: isSmall ? 1 : threadLimit)
  }

  private struct Blocks<Work: BlockWork>: ParallelWork {
    let layout: BlockedLayout
    let work: Work

    func run(index: Int, slot: Int) {
      let perImage = layout.width.blockCount(channels: layout.channels)
      let (image, block) = index.quotientAndRemainder(dividingBy: perImage)
      let first = block * layout.width.lanes
      let start = index * layout.pixels * layout.width.lanes
      let planeStart = (image * layout.channels + first) * layout.pixels
      work.run(layout, (min(layout.width.lanes, layout.channels - first), start, planeStart))
    }
  }
}

/// Something that is done for a block at a time.
protocol BlockWork {
  func run(_ layout: BlockedLayout, _ block: BlockedLayout.Block)
}

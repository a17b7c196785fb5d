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
    forEachBlock(threadLimit: threadLimit) { image, block, count in
      width.kernels.to_block(
        count, pixels, planes + (image * channels + block * width.lanes) * pixels, pixels,
        blocks + (image * width.blockCount(channels: channels) + block) * pixels * width.lanes)
    }
  }

  /// Makes planes of blocks.
  ///
  /// - Complexity: O(elements).
  package func makePlanes(
    of blocks: UnsafeRawPointer, into planes: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let planes = planes.assumingMemoryBound(to: Float.self)
    let blocks = blocks.assumingMemoryBound(to: Float.self)
    forEachBlock(threadLimit: threadLimit) { image, block, count in
      width.kernels.from_block(
        count, pixels,
        blocks + (image * width.blockCount(channels: channels) + block) * pixels * width.lanes,
        planes + (image * channels + block * width.lanes) * pixels, pixels)
    }
  }

  func forEachBlock(
    threadLimit: Int, _ body: (_ image: Int, _ block: Int, _ channels: Int) -> Void
  ) {
    let perImage = width.blockCount(channels: channels)
    let isSmall = batchCount * channels * pixels < ProductBlocking.leastParallelWork
    WorkerPool.parallel(batchCount * perImage, threadLimit: isSmall ? 1 : threadLimit) { index in
      let (image, block) = index.quotientAndRemainder(dividingBy: perImage)
      body(image, block, min(width.lanes, channels - block * width.lanes))
    }
  }
}

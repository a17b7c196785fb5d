internal import CMRDLKernels

extension BlockedLayout {
  /// Makes blocks of planes of bytes. Lanes beyond the last channel become zero.
  ///
  /// - Parameter flip: combined with every byte by exclusive or.
  package func makeBlocks(
    ofBytes planes: UnsafeRawPointer, flip: UInt8 = 0, into blocks: UnsafeMutableRawPointer,
    threadLimit: Int
  ) {
    let planes = planes.assumingMemoryBound(to: UInt8.self)
    let blocks = blocks.assumingMemoryBound(to: UInt8.self)
    forEachBlock(threadLimit: threadLimit) { image, block, count in
      let target =
        blocks + (image * width.blockCount(channels: channels) + block) * pixels * width.lanes
      width.integerKernels.to_block(
        count, pixels, planes + (image * channels + block * width.lanes) * pixels, pixels, target)
      guard flip != 0 else { return }
      for index in 0..<(pixels * width.lanes) { target[index] ^= flip }
    }
  }

  /// Makes planes of blocks of bytes.
  package func makePlanes(
    ofBytes blocks: UnsafeRawPointer, into planes: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let planes = planes.assumingMemoryBound(to: UInt8.self)
    let blocks = blocks.assumingMemoryBound(to: UInt8.self)
    forEachBlock(threadLimit: threadLimit) { image, block, count in
      width.integerKernels.from_block(
        count, pixels,
        blocks + (image * width.blockCount(channels: channels) + block) * pixels * width.lanes,
        planes + (image * channels + block * width.lanes) * pixels, pixels)
    }
  }
}

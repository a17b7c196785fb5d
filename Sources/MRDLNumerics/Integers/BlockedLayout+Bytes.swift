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
    forEachBlock(
      ToByteBlocks(planes: planes, blocks: blocks, flip: flip), threadLimit: threadLimit)
  }

  /// Makes planes of blocks of bytes.
  package func makePlanes(
    ofBytes blocks: UnsafeRawPointer, into planes: UnsafeMutableRawPointer, threadLimit: Int
  ) {
    let planes = planes.assumingMemoryBound(to: UInt8.self)
    let blocks = blocks.assumingMemoryBound(to: UInt8.self)
    forEachBlock(FromByteBlocks(planes: planes, blocks: blocks), threadLimit: threadLimit)
  }
}

private struct ToByteBlocks: BlockWork {
  let planes: UnsafePointer<UInt8>
  let blocks: UnsafeMutablePointer<UInt8>
  let flip: UInt8

  func run(_ layout: BlockedLayout, _ block: BlockedLayout.Block) {
    let target = blocks + block.start
    layout.width.integerKernels.to_block(
      block.channels, layout.pixels, planes + block.planeStart, layout.pixels, target)
    guard flip != 0 else { return }
    for index in 0..<(layout.pixels * layout.width.lanes) { target[index] ^= flip }
  }
}

private struct FromByteBlocks: BlockWork {
  let planes: UnsafeMutablePointer<UInt8>
  let blocks: UnsafePointer<UInt8>

  func run(_ layout: BlockedLayout, _ block: BlockedLayout.Block) {
    layout.width.integerKernels.from_block(
      block.channels, layout.pixels, blocks + block.start, planes + block.planeStart, layout.pixels)
  }
}

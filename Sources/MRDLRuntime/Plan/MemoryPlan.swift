internal import MRDLCore

/// Places blocks that live for a while in one arena, so that blocks that live at the same time do not
/// overlap.
///
/// The largest block is placed first, each at the lowest offset that is free while it lives.
/// Complexity: O(n²) in the number of blocks.
package struct MemoryPlan {
  package struct Block {
    package var byteCount: Int
    /// The step that writes it.
    package var firstStep: Int
    /// The last step that reads it.
    package var lastStep: Int

    package init(byteCount: Int, firstStep: Int, lastStep: Int) {
      self.byteCount = byteCount
      self.firstStep = firstStep
      self.lastStep = lastStep
    }
  }

  /// Where each block begins.
  package private(set) var byteOffsets: [Int]
  /// Bytes of the arena.
  package private(set) var byteCount = 0
  /// The largest sum of the blocks that live at once.
  package private(set) var liveByteCount = 0

  package init(_ blocks: [Block]) {
    let sizes = blocks.map { Self.rounded($0.byteCount) }
    byteOffsets = [Int](repeating: 0, count: blocks.count)
    let order = blocks.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }
    var placed: [Int] = []
    for index in order where sizes[index] > 0 {
      let block = blocks[index]
      var offset = 0
      for other in placed
      where blocks[other].firstStep <= block.lastStep && block.firstStep <= blocks[other].lastStep {
        if offset + sizes[index] <= byteOffsets[other] { break }
        offset = max(offset, byteOffsets[other] + sizes[other])
      }
      byteOffsets[index] = offset
      byteCount = max(byteCount, offset + sizes[index])
      let position = placed.firstIndex { byteOffsets[$0] > offset } ?? placed.count
      placed.insert(index, at: position)
    }
    var changes: [Int: Int] = [:]
    for (index, block) in blocks.enumerated() {
      changes[block.firstStep, default: 0] += sizes[index]
      changes[block.lastStep + 1, default: 0] -= sizes[index]
    }
    var live = 0
    for step in changes.keys.sorted() {
      live += changes[step] ?? 0
      liveByteCount = max(liveByteCount, live)
    }
  }

  private static func rounded(_ byteCount: Int) -> Int {
    (byteCount + Storage.alignment - 1) / Storage.alignment * Storage.alignment
  }
}

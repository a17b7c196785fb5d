import MRDLRuntime
import Testing

@Suite struct MemoryPlanTests {
  /// A fixed stream of numbers (Knuth's MMIX generator), so that every run tests the same blocks.
  private struct Stream {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  @Test(arguments: 0..<40) func blocksThatLiveAtOnceDoNotOverlap(seed: Int) {
    var stream = Stream(state: UInt64(seed))
    let blocks = (0..<stream.next(60)).map { _ in
      let first = stream.next(20)
      return MemoryPlan.Block(
        byteCount: stream.next(5000), firstStep: first, lastStep: first + stream.next(6))
    }
    let plan = MemoryPlan(blocks)
    for (i, left) in blocks.enumerated() {
      #expect(plan.byteOffsets[i] % 64 == 0)
      #expect(plan.byteOffsets[i] + left.byteCount <= plan.byteCount)
      for (j, right) in blocks.enumerated() where j < i {
        let together = left.firstStep <= right.lastStep && right.firstStep <= left.lastStep
        let apart =
          plan.byteOffsets[i] + left.byteCount <= plan.byteOffsets[j]
          || plan.byteOffsets[j] + right.byteCount <= plan.byteOffsets[i]
        #expect(!together || apart || left.byteCount == 0 || right.byteCount == 0)
      }
    }
    #expect(plan.byteCount >= plan.liveByteCount)
    #expect(plan.byteCount <= plan.liveByteCount * 2)
  }

  @Test func aChainNeedsTwoBlocks() {
    let blocks = (0..<10).map {
      MemoryPlan.Block(byteCount: 640, firstStep: $0, lastStep: $0 + 1)
    }
    let plan = MemoryPlan(blocks)
    #expect(plan.byteCount == 1280)
    #expect(plan.liveByteCount == 1280)
  }
}

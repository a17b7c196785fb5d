internal import MRDLCore

/// The working memory of a session. Stages run one after the other and share it.
final class Arena {
  private(set) var base: UnsafeMutableRawPointer
  private(set) var byteCount: Int
  /// Grows whenever the memory moves.
  private(set) var generation = 0

  init() {
    byteCount = 0
    base = .allocate(byteCount: Storage.alignment, alignment: Storage.alignment)
  }

  deinit { base.deallocate() }

  /// Makes the memory at least so large; its content is lost where it moves.
  func reserve(_ byteCount: Int) {
    guard byteCount > self.byteCount else { return }
    base.deallocate()
    base = AlignedMemory.allocate(byteCount: byteCount)
    self.byteCount = byteCount
    generation += 1
  }
}

/// Elements or rows in pieces of one length, the last one shorter.
package struct EqualPieces: Sendable {
  private let itemCount: Int
  private let step: Int

  /// - Parameter step: the items of a piece, at least one.
  package init(of itemCount: Int, step: Int) {
    self.itemCount = itemCount
    self.step = step
  }

  /// Up to eight pieces that begin with a line of the cache.
  ///
  /// - Parameter least: the elements that are worth a thread.
  init(ofElements elementCount: Int, least: Int) {
    self.init(of: elementCount, step: max(least, (elementCount + 7) / 8 + 63) / 64 * 64)
  }

  /// How many pieces there are.
  package var count: Int { (itemCount + step - 1) / step }

  /// The items of a piece.
  package subscript(index: Int) -> Range<Int> {
    index * step..<min((index + 1) * step, itemCount)
  }
}

internal import MRDLCore

extension ValueOperands {
  /// A position in a sequence, where -1 is the last element.
  ///
  /// - Parameter length: what a negative position counts from; by default the end of the range.
  func position(
    _ index: Int, in range: Range<Int>, length: Int? = nil
  ) throws(MRDLError) -> Int {
    let given = try integer(index)
    let position = given < 0 ? given + (length ?? range.upperBound) : given
    guard range.contains(position) else {
      throw mismatch(
        "a position lies outside of a sequence", found: "\(given)",
        expected: "a sequence of \(length ?? range.upperBound)")
    }
    return position
  }
}

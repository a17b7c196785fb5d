/// Where the random words of a dropped array come from.
struct DropoutWords: Sendable {
  var seed: UInt64
  var stream: UInt64
  /// The word of the first element, a multiple of 4.
  var first: UInt64
  /// An element is kept where its word is at least this.
  var threshold: UInt32
}

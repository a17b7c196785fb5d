/// The streams of random numbers of one training run: what a number is for, and a number of its kind.
package enum RandomStream: Sendable, Hashable {
  /// The first values of a parameter.
  case parameter(Int)
  /// The order of the samples in an epoch.
  case order(epoch: Int)
  /// Which samples are held back for validation.
  case split

  /// The number of the stream.
  package var number: UInt64 {
    switch self {
    case .parameter(let index): 1 << 56 | UInt64(index)
    case .order(let epoch): 2 << 56 | UInt64(epoch)
    case .split: 3 << 56
    }
  }
}

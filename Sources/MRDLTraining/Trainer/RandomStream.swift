/// The streams of random numbers of one training run: what a number is for, and a number of its kind.
package enum RandomStream: Sendable, Hashable {
  /// The first values of a parameter.
  case parameter(Int)
  /// The order of the samples in an epoch.
  case order(epoch: Int)
  /// Which samples are held back for validation.
  case split
  /// Which elements a layer drops in a run of the training program.
  case dropout(layer: Int, step: Int)

  /// The number of the stream.
  package var number: UInt64 {
    switch self {
    case .parameter(let index): 1 << 56 | UInt64(index)
    case .order(let epoch): 2 << 56 | UInt64(epoch)
    case .split: 3 << 56
    case .dropout(let layer, let step):
      4 << 56 | UInt64(layer) << 40 | UInt64(step) & 0xFF_FFFF_FFFF
    }
  }
}

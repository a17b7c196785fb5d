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

  /// Samples that are made up.
  case samples
  /// The noise of samples that are made up.
  case noise
  /// How a sample is varied in an epoch.
  case augmentation(epoch: Int, sample: Int)

  /// The number of the stream.
  package var number: UInt64 {
    switch self {
    case .parameter(let index): 1 << 56 | UInt64(index)
    case .order(let epoch): 2 << 56 | UInt64(epoch)
    case .split: 3 << 56
    case .dropout(let layer, let step):
      4 << 56 | UInt64(layer) << 40 | UInt64(step) & 0xFF_FFFF_FFFF
    case .samples: 5 << 56
    case .noise: 6 << 56
    case .augmentation(let epoch, let sample):
      7 << 56 | (UInt64(epoch) & 0xFF_FFFF) << 32 | UInt64(sample) & 0xFFFF_FFFF
    }
  }
}

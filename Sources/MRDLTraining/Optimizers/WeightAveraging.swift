/// An exponential moving average of the parameters over the steps, which is measured and kept in place of the
/// parameters themselves: m := d m + (1 − d) w after every step (Polyak and Juditsky, 1992, with a memory that
/// fades). The running averages of a BatchNormalization are averaged alike, so that they are those of the
/// networks whose parameters the mean is of.
///
/// Learning goes on from the parameters, never from their mean.
public struct WeightAveraging: Sendable, Hashable {
  /// d, the share that a step keeps of the mean once training is long under way.
  public var decay: Double

  /// - Precondition: `decay` is at least 0 and below 1.
  public init(decay: Double = 0.999) {
    precondition((0..<1).contains(decay), "a decay of \(decay)")
    self.decay = decay
  }

  /// The share that one step keeps of the mean: at most (1 + t) / (10 + t) at step t, counted from 1, so that the
  /// first values of the parameters are soon forgotten.
  func keptShare(step: Int) -> Double {
    min(decay, Double(1 + step) / Double(10 + step))
  }
}

/// When training ends before its last epoch: no progress on what is monitored. The parameters of the
/// best epoch are restored.
public struct EarlyStopping: Sendable, Hashable {
  /// How many epochs in a row may pass without progress.
  public var patience: Int
  /// By how much the monitored number must get better to count as progress.
  public var leastChange: Double

  /// - Precondition: `patience` is positive and `leastChange` not negative.
  public init(patience: Int, leastChange: Double = 0) {
    precondition(patience > 0 && leastChange >= 0, "\(patience) epochs, \(leastChange)")
    self.patience = patience
    self.leastChange = leastChange
  }
}

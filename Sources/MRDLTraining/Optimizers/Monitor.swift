/// The number of an epoch's record that tells whether training makes progress: the best epoch is chosen
/// by it, early stopping and a rate that falls on a plateau wait for it.
public struct Monitor: Sendable, Hashable {
  public enum Direction: String, Sendable, Hashable, CaseIterable {
    case smaller
    case larger
  }

  /// The name in the record, such as `validation_loss` or `validation_accuracy`.
  public var name: String
  /// Which way is better.
  public var direction: Direction

  public init(_ name: String, better direction: Direction) {
    self.name = name
    self.direction = direction
  }

  /// The monitored number, turned so that larger is better; the worst where it is missing or no number.
  func score(_ values: [String: Double]) -> Double {
    guard let value = values[name], !value.isNaN else { return -.infinity }
    return direction == .larger ? value : -value
  }
}

/// What is measured beside the loss, of predictions [batch, classes] and classes as targets, or of one logit
/// and 0 or 1 as target.
public enum TrainingMetric: Sendable, Hashable {
  /// How often the class is among the best-scored ones.
  case accuracy(rank: Int)

  /// The name in histories and recipes: `accuracy` or `top3_accuracy`.
  public var name: String {
    switch self {
    case .accuracy(rank: 1): "accuracy"
    case .accuracy(let rank): "top\(rank)_accuracy"
    }
  }

  /// The metric with the given name, or nil where there is none.
  public init?(name: String) {
    if name == "accuracy" {
      self = .accuracy(rank: 1)
      return
    }
    guard name.hasPrefix("top"), name.hasSuffix("_accuracy"),
      let rank = Int(name.dropFirst(3).dropLast(9)), rank > 1, name == "top\(rank)_accuracy"
    else { return nil }
    self = .accuracy(rank: rank)
  }
}

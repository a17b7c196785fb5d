/// How a model is trained.
public struct TrainingOptions: Sendable, Hashable {
  /// Which parameters are kept at the end.
  public enum Choice: String, Sendable, Hashable, CaseIterable {
    /// Those after the last epoch.
    case last
    /// Those of the epoch with the best first metric on the validation data, or the smallest loss where
    /// there is no metric; the earliest of equals.
    case best
  }

  /// Passes over the data.
  public var epochCount: Int
  /// Samples of one step; the last step of an epoch takes what is left.
  public var batchSize: Int
  /// What every random number of the run is made from.
  public var seed: UInt64
  public var optimizer: Optimizer
  public var learningRate: LearningRate
  public var metrics: [TrainingMetric]
  public var keeps: Choice
  /// How many threads may take part; nil for all. Results do not depend on it.
  public var threadLimit: Int?

  /// - Precondition: the number of epochs is not negative and the batch is not empty.
  public init(
    epochCount: Int, batchSize: Int, seed: UInt64 = 0, optimizer: Optimizer,
    learningRate: LearningRate, metrics: [TrainingMetric] = [], keeps: Choice = .last,
    threadLimit: Int? = nil
  ) {
    precondition(epochCount >= 0, "\(epochCount) epochs")
    precondition(batchSize > 0, "a batch of \(batchSize)")
    self.epochCount = epochCount
    self.batchSize = batchSize
    self.seed = seed
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.metrics = metrics
    self.keeps = keeps
    self.threadLimit = threadLimit
  }
}

/// What is measured beside the loss, of predictions [batch, classes] and classes as targets.
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

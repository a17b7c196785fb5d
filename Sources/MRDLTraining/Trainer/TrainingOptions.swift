/// How a model is trained.
public struct TrainingOptions: Sendable, Hashable {
  /// Which parameters are kept at the end.
  public enum Choice: String, Sendable, Hashable, CaseIterable {
    /// Those after the last epoch.
    case last
    /// Those of the epoch that the monitor likes best, the earliest of equals.
    case best
  }

  /// Passes over the data.
  public var epochCount: Int
  /// Samples of one run of the training program; the last run of an epoch takes what is left.
  public var batchSize: Int
  /// How many runs give the gradient of one step, which is the mean over their samples; the last step of an
  /// epoch takes what is left. `Int.max` makes one step of an epoch: full-batch gradient descent (4)-(8).
  public var accumulationCount: Int
  /// What every random number of the run is made from.
  public var seed: UInt64
  public var optimizer: Optimizer
  public var learningRate: LearningRate
  public var weightDecay: WeightDecay
  public var clipping: GradientClipping?
  /// nil: the parameters of a step are measured and kept, not their mean over the steps.
  public var averaging: WeightAveraging?
  public var recurrence: RecurrentTraining
  public var metrics: [TrainingMetric]
  public var keeps: Choice
  /// Ends training early; the parameters of the best epoch are kept then, whatever `keeps` says.
  public var earlyStopping: EarlyStopping?
  /// What tells progress; nil for the first metric on the validation data, or its loss where there is no
  /// metric, or the same of the training data where there is no validation data.
  public var monitor: Monitor?
  /// How many threads may take part; nil for all. Results do not depend on it.
  public var threadLimit: Int?

  /// - Precondition: the number of epochs is not negative, the batch and the accumulation are not empty.
  public init(
    epochCount: Int, batchSize: Int, accumulationCount: Int = 1, seed: UInt64 = 0,
    optimizer: Optimizer, learningRate: LearningRate, weightDecay: WeightDecay = .none,
    clipping: GradientClipping? = nil, averaging: WeightAveraging? = nil,
    recurrence: RecurrentTraining = RecurrentTraining(),
    metrics: [TrainingMetric] = [], keeps: Choice = .last,
    earlyStopping: EarlyStopping? = nil, monitor: Monitor? = nil, threadLimit: Int? = nil
  ) {
    precondition(epochCount >= 0, "\(epochCount) epochs")
    precondition(batchSize > 0, "a batch of \(batchSize)")
    precondition(accumulationCount > 0, "\(accumulationCount) batches a step")
    self.epochCount = epochCount
    self.batchSize = batchSize
    self.accumulationCount = accumulationCount
    self.seed = seed
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.averaging = averaging
    self.recurrence = recurrence
    self.metrics = metrics
    self.keeps = keeps
    self.earlyStopping = earlyStopping
    self.monitor = monitor
    self.threadLimit = threadLimit
  }

  /// Whether the parameters of the best epoch are kept.
  var keepsBest: Bool { keeps == .best || earlyStopping != nil }

  /// The monitor in force.
  func monitor(hasValidation: Bool) -> Monitor {
    if let monitor { return monitor }
    let prefix = hasValidation ? "validation_" : ""
    return metrics.first.map { Monitor(prefix + $0.name, better: .larger) }
      ?? Monitor(prefix + "loss", better: .smaller)
  }

  /// Samples of one step, as far as there are so many.
  package func stepSampleCount(of sampleCount: Int) -> Int {
    let (product, overflows) = batchSize.multipliedReportingOverflow(by: accumulationCount)
    return max(1, overflows ? sampleCount : min(product, sampleCount))
  }

  /// What must be the same for a run that goes on from a checkpoint.
  var fingerprint: String {
    var options = self
    options.threadLimit = nil
    options.epochCount = 0
    return "\(options)"
  }
}

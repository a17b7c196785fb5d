/// What the numbers of an output mean.
public struct OutputMeaning: Sendable, Hashable {
  public enum Task: String, Sendable, Hashable, CaseIterable {
    /// One of several classes, along the last axis.
    case classification
    /// Any number of several labels, each for itself, along the last axis.
    case labelling
    /// Quantities.
    case regression
  }

  /// What scale the numbers are on.
  public enum Scale: String, Sendable, Hashable, CaseIterable {
    /// Between 0 and 1; over the classes they sum to 1, as softmax gives them.
    case probabilities
    /// Between 0 and 1, each for itself, as sigmoid gives them.
    case scores
    /// Any number; softmax makes probabilities of them.
    case logits
    /// Quantities.
    case values
  }

  public var task: Task
  public var scale: Scale
  /// The names of the classes or quantities, in order; empty where they have none.
  public var labels: [String]
  /// From where on a score counts as yes.
  public var threshold: Double?

  public init(task: Task, scale: Scale, labels: [String] = [], threshold: Double? = nil) {
    self.task = task
    self.scale = scale
    self.labels = labels
    self.threshold = threshold
  }
}

internal import MRDLModel

/// What training makes small.
public struct Objective: Sendable, Hashable {
  /// The kinds of loss, each an operator of the domain `mrdl`.
  public enum Loss: String, Sendable, Hashable, CaseIterable {
    /// Half the squared distance (1), (3-8) from numbers, or from 1 for the class and 0 for the others.
    case quadratic
    /// The sum of the absolute differences, averaged over the batch.
    case absolute
    /// Quadratic for differences up to `huberDelta`, linear beyond (Huber, 1964).
    case huber
    /// −ln of the probability of the class, from logits.
    case crossEntropy = "cross-entropy"
    /// (2-5), from logits, for targets between 0 and 1.
    case binaryCrossEntropy = "binary-cross-entropy"

    var operatorName: String {
      switch self {
      case .quadratic: QuadraticLoss.name
      case .absolute: AbsoluteLoss.name
      case .huber: HuberLoss.name
      case .crossEntropy: CrossEntropyLoss.name
      case .binaryCrossEntropy: BinaryCrossEntropyLoss.name
      }
    }
  }

  public var loss: Loss
  /// The value of the graph that is compared with the target: an output, or logits before the last
  /// activation.
  public var prediction: String
  /// Whether the classes are the last axis of the predictions, [batch, steps, classes], and not the second one.
  public var hasClassesLast: Bool
  /// Cross-entropy: the share of the target that is spread evenly over all classes (Szegedy et al., 2016).
  public var labelSmoothing: Double
  /// Huber: the difference from which on the loss is linear.
  public var huberDelta: Double

  /// - Precondition: `labelSmoothing` is at least 0 and below 1, and `huberDelta` is positive.
  public init(
    _ loss: Loss, of prediction: String, hasClassesLast: Bool = false, labelSmoothing: Double = 0,
    huberDelta: Double = 1
  ) {
    precondition(
      (0..<1).contains(labelSmoothing) && huberDelta > 0, "\(labelSmoothing), \(huberDelta)")
    self.loss = loss
    self.prediction = prediction
    self.hasClassesLast = hasClassesLast
    self.labelSmoothing = labelSmoothing
    self.huberDelta = huberDelta
  }

  /// The attributes of the operator.
  var attributes: [String: AttributeValue] {
    switch loss {
    case .crossEntropy where labelSmoothing > 0: ["label_smoothing": .float(labelSmoothing)]
    case .huber: ["delta": .float(huberDelta)]
    default: [:]
    }
  }
}

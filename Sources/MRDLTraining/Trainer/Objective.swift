/// What training makes small.
public struct Objective: Sendable, Hashable {
  /// The kinds of loss, each an operator of the domain `mrdl`.
  public enum Loss: String, Sendable, Hashable, CaseIterable {
    /// Half the squared distance (1), (3-8) from numbers, or from 1 for the class and 0 for the others.
    case quadratic
    /// −ln of the probability of the class, from logits.
    case crossEntropy = "cross-entropy"
    /// (2-5), from logits, for targets between 0 and 1.
    case binaryCrossEntropy = "binary-cross-entropy"

    var operatorName: String {
      switch self {
      case .quadratic: QuadraticLoss.name
      case .crossEntropy: CrossEntropyLoss.name
      case .binaryCrossEntropy: BinaryCrossEntropyLoss.name
      }
    }
  }

  public var loss: Loss
  /// The value of the graph that is compared with the target: an output, or logits before the last
  /// activation.
  public var prediction: String

  public init(_ loss: Loss, of prediction: String) {
    self.loss = loss
    self.prediction = prediction
  }
}

/// What a model scores on labelled samples: the same measures for trained and for imported models.
public struct Evaluation: Sendable, Hashable {
  /// One measure, by the name that cards and reports show.
  public struct Measure: Sendable, Hashable {
    public let name: String
    public let value: Double
  }

  /// For classes: how often each was taken for each.
  public private(set) var confusion: ConfusionMatrix?
  private var ranks: [Accuracy] = []
  private var curves: [ReceiverOperatingCharacteristic] = []
  private var errors = RegressionErrors()

  /// Of classes.
  ///
  /// - Parameter ranks: for each, how often the class is among so many best-scored ones; accuracy itself is
  ///   always measured.
  /// - Precondition: there is at least one class.
  public init(classCount: Int, ranks: [Int] = []) {
    confusion = ConfusionMatrix(classCount: classCount)
    self.ranks = ranks.filter { $0 > 1 && $0 < classCount }.map { Accuracy(rank: $0) }
    curves = [ReceiverOperatingCharacteristic](
      repeating: ReceiverOperatingCharacteristic(), count: classCount)
  }

  /// Of quantities.
  public init() {}

  public var sampleCount: Int { confusion?.sampleCount ?? errors.sampleCount }

  /// Counts a sample of a class.
  ///
  /// - Precondition: there is a score for each class, and the label is a class.
  public mutating func add(scores: [Double], label: Int) {
    confusion?.add(scores.span, label: label)
    for index in ranks.indices { ranks[index].add(scores.span, label: label) }
    for (index, score) in scores.enumerated() {
      curves[index].add(score: score, isPositive: index == label)
    }
  }

  /// Counts a quantity.
  public mutating func add(prediction: Double, target: Double) {
    errors.add(prediction: prediction, target: target)
  }

  /// The measures, the most telling one first: accuracy, or R².
  ///
  /// Precision, recall, F1 and the area under the curve are those of the second class where there are two,
  /// else the means over the classes, each counting the same.
  public var measures: [Measure] {
    guard let confusion else {
      return [
        Measure(name: "r2", value: errors.determination),
        Measure(name: "mse", value: errors.meanSquaredError),
        Measure(name: "mae", value: errors.meanAbsoluteError),
        Measure(name: "rmse", value: errors.rootMeanSquaredError),
      ]
    }
    let isBinary = confusion.classCount == 2
    func mean(_ value: (Int) -> Double) -> Double {
      if isBinary { return value(1) }
      return (0..<confusion.classCount).reduce(0) { $0 + value($1) } / Double(confusion.classCount)
    }
    var measures = [Measure(name: "accuracy", value: confusion.accuracy)]
    measures += ranks.map { Measure(name: "top\($0.rank)_accuracy", value: $0.value) }
    measures += [
      Measure(name: "precision", value: mean(confusion.precision)),
      Measure(name: "recall", value: mean(confusion.recall)),
      Measure(name: "f1", value: mean(confusion.f1)),
    ]
    let areas = curves.map(\.area)
    let known = isBinary ? [areas[1]].compactMap(\.self) : areas.compactMap(\.self)
    if !known.isEmpty, isBinary || known.count == areas.count {
      measures.append(
        Measure(name: "roc_auc", value: known.reduce(0, +) / Double(known.count)))
    }
    return measures
  }
}

/// How often samples of each class were taken for each class.
public struct ConfusionMatrix: Sendable, Hashable {
  public let classCount: Int
  /// Row by row: the row is the right class, the column the answer.
  public private(set) var counts: [Int]

  /// A matrix of zeros.
  ///
  /// - Precondition: the number of classes is positive.
  public init(classCount: Int) {
    precondition(classCount > 0, "a confusion matrix needs at least one class")
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  /// How many samples of class `label` were taken for class `answer`.
  public subscript(label label: Int, answer answer: Int) -> Int {
    counts[label * classCount + answer]
  }

  /// Counts one sample.
  ///
  /// - Precondition: both are numbers of classes.
  public mutating func add(answer: Int, label: Int) {
    precondition((0..<classCount).contains(answer), "there is no class \(answer)")
    precondition((0..<classCount).contains(label), "there is no class \(label)")
    counts[label * classCount + answer] += 1
  }

  /// Counts one sample by its scores: the answer is the first of the best-scored classes.
  ///
  /// - Precondition: there is a score for each class.
  public mutating func add<Score: BinaryFloatingPoint>(_ scores: Span<Score>, label: Int) {
    let count = scores.count
    precondition(count == classCount, "\(count) scores for \(classCount) classes")
    var best = 0
    var bestScore = -Score.infinity
    for index in 0..<count {
      let score = scores[index]
      if score > bestScore {
        best = index
        bestScore = score
      }
    }
    add(answer: best, label: label)
  }

  public var sampleCount: Int { counts.reduce(0, +) }

  /// The share of samples that were taken for what they are, 0 for no samples.
  public var accuracy: Double {
    let total = sampleCount
    let correct = (0..<classCount).reduce(0) { $0 + self[label: $1, answer: $1] }
    return total == 0 ? 0 : Double(correct) / Double(total)
  }

  /// Of the samples taken for a class, the share that are of it; 0 where none were.
  public func precision(_ index: Int) -> Double {
    let answered = (0..<classCount).reduce(0) { $0 + self[label: $1, answer: index] }
    return answered == 0 ? 0 : Double(self[label: index, answer: index]) / Double(answered)
  }

  /// Of the samples of a class, the share that were taken for it; 0 where there are none.
  public func recall(_ index: Int) -> Double {
    let present = (0..<classCount).reduce(0) { $0 + self[label: index, answer: $1] }
    return present == 0 ? 0 : Double(self[label: index, answer: index]) / Double(present)
  }

  /// The harmonic mean of precision and recall of a class; 0 where both are.
  public func f1(_ index: Int) -> Double {
    let precision = precision(index)
    let recall = recall(index)
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }

  /// The mean of F1 over the classes, each counting the same.
  public var macroF1: Double {
    (0..<classCount).reduce(0) { $0 + f1($1) } / Double(classCount)
  }
}

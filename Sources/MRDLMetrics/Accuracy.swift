/// The share of samples whose class is among the best-scored ones.
///
/// With `rank` 1 it is plain accuracy. Of classes with equal scores, the one with the lower number counts
/// as better, so that the result does not depend on how a sort breaks ties; NaN is worse than anything.
public struct Accuracy: Sendable, Hashable {
  /// How many of the best-scored classes count as an answer.
  public let rank: Int
  public private(set) var correctCount = 0
  public private(set) var sampleCount = 0

  /// - Precondition: `rank` is positive.
  public init(rank: Int = 1) {
    precondition(rank > 0, "the best \(rank) classes hold no class")
    self.rank = rank
  }

  /// An accuracy that goes on from earlier counts.
  ///
  /// - Precondition: `rank` is positive, and there are not more correct answers than samples.
  public init(rank: Int, correctCount: Int, sampleCount: Int) {
    precondition(
      (0...sampleCount).contains(correctCount), "\(correctCount) of \(sampleCount) are correct")
    self.init(rank: rank)
    self.correctCount = correctCount
    self.sampleCount = sampleCount
  }

  /// The share of correct answers, 0 for no samples.
  public var value: Double {
    sampleCount == 0 ? 0 : Double(correctCount) / Double(sampleCount)
  }

  /// Counts one sample.
  ///
  /// - Parameters:
  ///   - scores: a number for each class, larger for a better one.
  ///   - label: the number of the right class.
  /// - Precondition: the label is the number of a class.
  /// - Complexity: O(classes).
  public mutating func add<Score: BinaryFloatingPoint>(_ scores: Span<Score>, label: Int) {
    let classCount = scores.count
    precondition((0..<classCount).contains(label), "there is no class \(label)")
    sampleCount += 1
    let wanted = scores[label]
    if wanted.isNaN { return }
    var better = 0
    for index in 0..<classCount {
      let score = scores[index]
      if score > wanted || (score == wanted && index < label) { better += 1 }
    }
    if better < rank { correctCount += 1 }
  }

  /// Counts the samples of another accuracy too.
  ///
  /// - Precondition: both have the same rank.
  public mutating func merge(_ other: Accuracy) {
    precondition(rank == other.rank, "accuracies of ranks \(rank) and \(other.rank)")
    correctCount += other.correctCount
    sampleCount += other.sampleCount
  }
}

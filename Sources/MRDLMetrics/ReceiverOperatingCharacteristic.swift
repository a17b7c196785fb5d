/// How well scores tell the samples of a class from others, whatever the threshold.
public struct ReceiverOperatingCharacteristic: Sendable, Hashable {
  private var samples: [Sample] = []

  private struct Sample: Sendable, Hashable {
    var score: Double
    var isPositive: Bool
  }

  public init() {}

  /// Counts one sample.
  public mutating func add(score: Double, isPositive: Bool) {
    samples.append(Sample(score: score, isPositive: isPositive))
  }

  /// The area under the curve: the probability that a positive sample scores higher than a negative one,
  /// equal scores counting half (Mann and Whitney, 1947). nil where there are none of one kind, or a score
  /// is NaN.
  ///
  /// - Complexity: O(n log n).
  public var area: Double? {
    let positives = samples.count { $0.isPositive }
    let negatives = samples.count - positives
    guard positives > 0, negatives > 0, !samples.contains(where: { $0.score.isNaN }) else {
      return nil
    }
    let sorted = samples.sorted { $0.score < $1.score }
    var pairs = 0.0
    var negativesBelow = 0
    var start = 0
    while start < sorted.count {
      var end = start
      while end < sorted.count, sorted[end].score == sorted[start].score { end += 1 }
      let equal = sorted[start..<end]
      let positive = equal.count { $0.isPositive }
      let negative = equal.count - positive
      pairs += Double(positive) * (Double(negativesBelow) + Double(negative) / 2)
      negativesBelow += negative
      start = end
    }
    return pairs / (Double(positives) * Double(negatives))
  }
}

/// How far predictions are from what they should be.
public struct RegressionErrors: Sendable, Hashable {
  public private(set) var sampleCount = 0
  private var squares = 0.0
  private var magnitudes = 0.0
  // The mean of the targets and the sum of their squared distances from it (Welford, 1962).
  private var mean = 0.0
  private var spread = 0.0

  public init() {}

  /// Counts one prediction.
  public mutating func add(prediction: Double, target: Double) {
    sampleCount += 1
    let difference = prediction - target
    squares += difference * difference
    magnitudes += abs(difference)
    let distance = target - mean
    mean += distance / Double(sampleCount)
    spread += distance * (target - mean)
  }

  /// The mean of the squared errors, 0 for no samples.
  public var meanSquaredError: Double { squares / Double(max(sampleCount, 1)) }

  /// The square root of the mean of the squared errors, in the units of the targets.
  public var rootMeanSquaredError: Double { meanSquaredError.squareRoot() }

  /// The mean of the absolute errors, 0 for no samples.
  public var meanAbsoluteError: Double { magnitudes / Double(max(sampleCount, 1)) }

  /// R²: 1 minus the squared errors by the squared distances of the targets from their mean. Where all
  /// targets are the same, it is 1 for predictions without error and 0 for others.
  public var determination: Double {
    spread == 0 ? (squares == 0 ? 1 : 0) : 1 - squares / spread
  }
}

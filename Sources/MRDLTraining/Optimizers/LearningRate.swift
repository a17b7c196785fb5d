/// How the learning rate α of (4) changes while training goes on.
public struct LearningRate: Sendable, Hashable {
  /// The course after the warm-up.
  public enum Course: Sendable, Hashable {
    case constant
    /// Multiplied by `factor` after every `epochCount` epochs.
    case step(epochCount: Int, factor: Double)
    /// Multiplied by `factor` after every epoch.
    case exponential(factor: Double)
    /// Along half a cosine wave down to `floor` times the first rate (Loshchilov and Hutter, 2017).
    case cosine(floor: Double)
    /// Multiplied by `factor`, but not below `floor` times the first rate, whenever the monitored number
    /// has not got better by more than `leastChange` for `patience` epochs.
    case plateau(factor: Double, patience: Int, leastChange: Double = 0, floor: Double = 0)
  }

  /// The rate at the start of the course.
  public var initial: Double
  public var course: Course
  /// Epochs during which the rate grows in proportion to the steps taken; may be a fraction.
  public var warmUpEpochs: Double

  public init(_ initial: Double, course: Course = .constant, warmUpEpochs: Double = 0) {
    self.initial = initial
    self.course = course
    self.warmUpEpochs = warmUpEpochs
  }

  /// The rate of one step.
  ///
  /// - Parameters:
  ///   - step: steps before this one, over all epochs.
  ///   - epochStepCount: steps in one epoch.
  ///   - epochCount: epochs in all.
  ///   - plateauCount: how often progress has stopped so far.
  public func rate(
    step: Int, epochStepCount: Int, epochCount: Int, plateauCount: Int = 0
  ) -> Double {
    let epochStepCount = max(epochStepCount, 1)
    let passed = Double(step) / Double(epochStepCount)
    if passed < warmUpEpochs {
      return initial * Double(step + 1) / (warmUpEpochs * Double(epochStepCount))
    }
    switch course {
    case .constant: return initial
    case .step(let count, let factor):
      return initial * factor.power(step / epochStepCount / max(count, 1))
    case .exponential(let factor): return initial * factor.power(step / epochStepCount)
    case .cosine(let floor):
      let whole = Double(epochCount) - warmUpEpochs
      let share = whole > 0 ? min((passed - warmUpEpochs) / whole, 1) : 1
      return initial * (floor + (1 - floor) * (1 + Self.cosine(ofHalfTurns: share)) / 2)
    case .plateau(let factor, _, _, let floor):
      return initial * max(factor.power(plateauCount), floor)
    }
  }

  /// cos(πx) for x from 0 to 1, by exact arithmetic alone, so that a run is the same on every machine.
  static func cosine(ofHalfTurns x: Double) -> Double {
    // cos(πx) = sin(π(½ − x)), whose argument lies within ±π/2: the series to the 23rd power.
    let angle = Double.pi * (0.5 - x)
    let square = angle * angle
    var sum = 0.0
    for power in stride(from: 23, to: 1, by: -2) {
      sum = (1 + sum) * -square / Double(power * (power - 1))
    }
    return angle * (1 + sum)
  }
}

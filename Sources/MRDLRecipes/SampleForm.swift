package import MRDLCore

/// What the samples of some data are to a model.
package struct SampleForm: Sendable, Hashable {
  /// The shape of an input as the data give it.
  package var shape: Shape
  /// Whether samples are series with lengths of their own, the steps after the length being padding.
  package var hasLengths: Bool
  /// Whether series are [steps, channels], and not [channels, steps].
  package var hasStepsFirst: Bool
  /// What brings each channel of a series to mean 0 and deviation 1, inside the graph.
  package var scaling: Standardization?
  /// What turns a window of a series into the input of the first layer and the last one's numbers into
  /// forecasts, inside the graph.
  package var forecast: ForecastTransform?
  package var target: TargetForm

  package init(
    shape: Shape, hasLengths: Bool = false, hasStepsFirst: Bool = false,
    scaling: Standardization? = nil,
    forecast: ForecastTransform? = nil, target: TargetForm
  ) {
    self.shape = shape
    self.hasLengths = hasLengths
    self.hasStepsFirst = hasStepsFirst
    self.scaling = scaling
    self.forecast = forecast
    self.target = target
  }
}

/// What a model is to tell of a sample.
package struct TargetForm: Sendable, Hashable {
  /// How many classes or quantities there are.
  package var count: Int
  package var isClass: Bool
  /// What brings quantities from the scale of training to their own.
  package var scaling: Standardization?
  /// How often they are told, once for each step; nil for once a sample.
  package var stepCount: Int?

  package init(
    count: Int, isClass: Bool, scaling: Standardization? = nil, stepCount: Int? = nil
  ) {
    self.count = count
    self.isClass = isClass
    self.scaling = scaling
    self.stepCount = stepCount
  }
}

/// (x − mean) / deviation, a number for each column or channel.
package struct Standardization: Sendable, Hashable {
  package var mean: [Double]
  package var deviation: [Double]

  package init(mean: [Double], deviation: [Double]) {
    self.mean = mean
    self.deviation = deviation
  }

  /// The mean and the deviation over all values, 1 where they do not differ.
  static func moments(_ values: some Collection<Double>) -> (mean: Double, deviation: Double) {
    let count = Double(max(values.count, 1))
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    return (mean, variance > 0 ? variance.squareRoot() : 1)
  }
}

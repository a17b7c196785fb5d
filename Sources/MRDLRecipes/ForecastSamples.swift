package import MRDLCore
package import MRDLMetrics
internal import MRDLTraining

/// Windows of a series as samples of a trainer: the values before a row, and the values from that row on.
package struct ForecastSamples: QuantitySamples {
  /// The series, in which a missing value is the one before it.
  package let values: [Double]
  /// The rows that forecasts begin with.
  package let origins: [Int]
  package let transform: ForecastTransform
  /// What the network is to give for the rows from the `reach`th on.
  private let differences: [Double]

  /// - Precondition: every origin has a window before it, and a horizon of values.
  package init(values: [Double], origins: [Int], transform: ForecastTransform) {
    precondition(
      origins.allSatisfy { $0 >= transform.window && $0 + transform.horizon <= values.count },
      "a forecast beyond the series")
    self.values = values
    self.origins = origins
    self.transform = transform
    differences = transform.differenced(transform.levels(of: values)).map {
      ($0 - transform.mean) / transform.deviation
    }
  }

  package var sampleCount: Int { origins.count }
  package var inputShape: Shape { Shape([transform.window]) }
  package var targetShape: Shape? { Shape([transform.horizon]) }

  package func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
    let start = origins[index] - transform.window
    for step in 0..<transform.window { target[step] = Float(values[start + step]) }
  }

  package func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    let start = origins[index] - transform.reach
    for step in 0..<transform.horizon { target[step] = Float(differences[start + step]) }
  }

  package func quantities(ofSample index: Int) -> [Double] {
    Array(values[origins[index]..<origins[index] + transform.horizon])
  }

  /// The seasonal-naive forecast of a sample: the values of the last season that is known, over and over.
  package func naive(ofSample index: Int, season: Int) -> [Double] {
    let origin = origins[index]
    return (0..<transform.horizon).map { values[origin - season + $0 % season] }
  }

  /// The errors of the seasonal-naive forecast over all samples.
  ///
  /// - Precondition: every origin has a season before it.
  package func naiveErrors(season: Int) -> RegressionErrors {
    var errors = RegressionErrors()
    for index in 0..<sampleCount {
      for (prediction, target) in zip(
        naive(ofSample: index, season: season), quantities(ofSample: index))
      {
        errors.add(prediction: prediction, target: target)
      }
    }
    return errors
  }
}

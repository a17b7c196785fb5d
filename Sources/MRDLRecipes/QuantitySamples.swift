package import MRDLTraining

/// Samples whose targets are quantities that have been brought to another scale for training.
package protocol QuantitySamples: TrainingData {
  /// The quantities of a sample in their own units.
  func quantities(ofSample index: Int) -> [Double]
}

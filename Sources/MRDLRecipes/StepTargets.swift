internal import MRDLCore
internal import MRDLTraining

/// What is known of the steps of a sample that have targets of their own.
struct StepTargets {
  private let values: [Double]
  private let weights: [Float]
  private let width: Int

  init(_ samples: any TrainingData, _ index: Int, stepCount: Int, _ data: RecipeData) {
    if !data.isClassification {
      values = SampleEvaluation.quantities(samples, index)
    } else if samples.targetShape == nil {
      var labels = [Int32](repeating: 0, count: stepCount)
      var span = labels.mutableSpan
      samples.copyLabels(ofSample: index, into: &span)
      values = labels.map(Double.init)
    } else {
      var labels = [Float](repeating: 0, count: stepCount)
      var span = labels.mutableSpan
      samples.copyTarget(ofSample: index, into: &span)
      values = labels.map(Double.init)
    }
    width = values.count / max(stepCount, 1)
    var weights = [Float](repeating: 1, count: values.count)
    if samples.weightShape != nil {
      var span = weights.mutableSpan
      samples.copyWeights(ofSample: index, into: &span)
    }
    self.weights = weights
  }

  /// The class or the quantities of a step, NaN for what is not known; nil where nothing is.
  func known(_ step: Int) -> [Double]? {
    let places = step * width..<(step + 1) * width
    guard places.contains(where: { weights[$0] > 0 }) else { return nil }
    return places.map { weights[$0] > 0 ? values[$0] : .nan }
  }
}

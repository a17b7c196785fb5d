package import MRDLCore
package import MRDLMetrics
package import MRDLModel
internal import MRDLRuntime
package import MRDLTraining

/// A trained model on the samples of a split, as its users will run it.
package struct SampleEvaluation: Sendable {
  package let evaluation: Evaluation
  /// For each sample, the numbers of the output.
  package let outputs: [[Double]]
  /// For each sample, the class, or the quantity in its own units.
  package let targets: [Double]

  /// - Parameter ranks: see `Evaluation`.
  package init(
    _ model: Model, _ data: RecipeData, on samples: any TrainingData, ranks: [Int] = [],
    threadLimit: Int?
  ) throws(MRDLError) {
    var session = Session(
      try Program(model), options: SessionOptions(threadLimit: threadLimit))
    var evaluation =
      data.isClassification
      ? Evaluation(classCount: data.classNames.count, ranks: ranks) : Evaluation()
    var outputs: [[Double]] = []
    var targets: [Double] = []
    let batch = 256
    for start in stride(from: 0, to: samples.sampleCount, by: batch) {
      let range = start..<min(start + batch, samples.sampleCount)
      let input = Self.inputs(samples, range, model.graph.inputs[0].scalarType)
      guard let output = try session.run([model.graph.inputs[0].name: input])["y"] else { break }
      let numbers = try Answer.numbers(in: output)
      let columns = numbers.count / range.count
      for (offset, index) in range.enumerated() {
        let row = Array(numbers[offset * columns..<(offset + 1) * columns])
        outputs.append(row)
        if data.isClassification {
          let label = samples.label(ofSample: index)
          targets.append(Double(label))
          evaluation.add(scores: row, label: label)
        } else {
          let target = Self.target(samples, index, data.scaling)
          targets.append(target)
          evaluation.add(prediction: row[0], target: target)
        }
      }
    }
    self.evaluation = evaluation
    self.outputs = outputs
    self.targets = targets
  }

  /// Inputs of some samples, as the model takes them.
  package static func inputs(
    _ samples: any TrainingData, _ range: Range<Int>, _ type: ScalarType
  ) -> Tensor {
    let shape = Shape([range.count] + samples.inputShape.dimensions)
    let count = samples.inputShape.elementCount
    if let rows = samples as? TableSamples, type == .float64 {
      let numbers = rows.inputs.elements(as: Double.self)
      return Tensor(
        Array(numbers[range.lowerBound * count..<range.upperBound * count]), shape: shape)
    }
    var tensor = Tensor(zeros: shape)
    tensor.withMutableElements(as: Float.self) { elements in
      for (offset, index) in range.enumerated() {
        var span = UnsafeMutableBufferPointer(
          rebasing: elements[offset * count..<(offset + 1) * count]
        ).mutableSpan
        samples.copyInput(ofSample: index, epoch: 0, into: &span)
      }
    }
    return tensor
  }

  private static func target(
    _ samples: any TrainingData, _ index: Int, _ scaling: Standardization?
  ) -> Double {
    let value: Double
    if let rows = samples as? TableSamples {
      value = rows.targets[index]
    } else {
      var single: [Float] = [0]
      var span = single.mutableSpan
      samples.copyTarget(ofSample: index, into: &span)
      value = Double(single[0])
    }
    return scaling.map { value * $0.deviation[0] + $0.mean[0] } ?? value
  }
}

package import MRDLCore
package import MRDLMetrics
package import MRDLModel
internal import MRDLRuntime
package import MRDLTraining

/// A trained model on the samples of a split, as its users will run it.
package struct SampleEvaluation: Sendable {
  package let evaluation: Evaluation
  /// For each sample, or each step of one that counts, the numbers of the output.
  package let outputs: NumberRows
  /// For each of them, the class, or the quantities in their own units.
  package let targets: NumberRows

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
    var outputs = NumberRows()
    var targets = NumberRows()
    let batch = 256
    for start in stride(from: 0, to: samples.sampleCount, by: batch) {
      let range = start..<min(start + batch, samples.sampleCount)
      let inputs = Self.inputs(samples, range, of: model)
      guard let output = try session.run(inputs)[model.graph.outputs[0].name] else { break }
      let numbers = try Answer.numbers(in: output)
      let columns = numbers.count / range.count
      for (offset, index) in range.enumerated() {
        let row = Array(numbers[offset * columns..<(offset + 1) * columns])
        if let stepCount = data.stepCount {
          let steps = StepTargets(samples, index, stepCount: stepCount, data)
          let width = columns / stepCount
          for step in 0..<stepCount {
            guard let targetRow = steps.known(step) else { continue }
            let answer = Array(row[step * width..<(step + 1) * width])
            outputs.append(answer)
            targets.append(targetRow)
            if data.isClassification {
              evaluation.add(scores: answer, label: Int(targetRow[0]))
            } else {
              for (prediction, target) in zip(answer, targetRow) where !target.isNaN {
                evaluation.add(prediction: prediction, target: target)
              }
            }
          }
          continue
        }
        outputs.append(row)
        if data.isClassification {
          let label = samples.label(ofSample: index)
          targets.append([Double(label)])
          evaluation.add(scores: row, label: label)
        } else {
          let quantities = Self.quantities(samples, index)
          targets.append(quantities)
          for (prediction, target) in zip(row, quantities) {
            evaluation.add(prediction: prediction, target: target)
          }
        }
      }
    }
    self.evaluation = evaluation
    self.outputs = outputs
    self.targets = targets
  }

  /// Inputs of some samples, as the model takes them: samples, and the lengths of sequences.
  package static func inputs(
    _ samples: any TrainingData, _ range: Range<Int>, of model: Model
  ) -> [String: Tensor] {
    var inputs: [String: Tensor] = [:]
    for info in model.graph.inputs {
      inputs[info.name] =
        samples.hasLengths && info.scalarType == .int32
        ? Tensor(range.map { Int32(truncatingIfNeeded: samples.length(ofSample: $0)) })
        : values(samples, range, info.scalarType)
    }
    return inputs
  }

  private static func values(
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

  static func quantities(_ samples: any TrainingData, _ index: Int) -> [Double] {
    if let samples = samples as? any QuantitySamples { return samples.quantities(ofSample: index) }
    var values = [Float](repeating: 0, count: samples.targetShape?.elementCount ?? 1)
    var span = values.mutableSpan
    samples.copyTarget(ofSample: index, into: &span)
    return values.map(Double.init)
  }
}

package import MRDLCore
package import MRDLMetrics
package import MRDLModel
internal import MRDLRuntime
package import MRDLTraining

/// A trained model on the samples of a split, as its users will run it.
package struct SampleEvaluation: Sendable {
  package private(set) var evaluation: Evaluation
  /// For each sample, or each step of one that counts, the numbers of the output.
  package private(set) var outputs = NumberRows()
  /// For each of them, the class, or the quantities in their own units.
  package private(set) var targets = NumberRows()

  /// - Parameter ranks: see `Evaluation`.
  package init(
    _ model: Model, _ data: RecipeData, on samples: any TrainingData, ranks: [Int] = [],
    threadLimit: Int?
  ) throws(MRDLError) {
    var session = Session(
      try Program(model), options: SessionOptions(threadLimit: threadLimit))
    evaluation =
      data.isClassification
      ? Evaluation(classCount: data.classNames.count, ranks: ranks) : Evaluation()
    let batch = 256
    for start in stride(from: 0, to: samples.sampleCount, by: batch) {
      let range = start..<min(start + batch, samples.sampleCount)
      let inputs = Self.inputs(samples, range, of: model)
      guard let output = try session.run(inputs)[model.graph.outputs[0].name] else { break }
      let numbers = try Answer.numbers(in: output)
      let columns = numbers.count / range.count
      for (offset, index) in range.enumerated() {
        let row = numbers[offset * columns..<(offset + 1) * columns]
        guard let stepCount = data.stepCount else {
          let target =
            data.isClassification
            ? [Double(samples.label(ofSample: index))] : Self.quantities(samples, index)
          add(Array(row), target, data)
          continue
        }
        let steps = StepTargets(samples, index, stepCount: stepCount, data)
        let width = columns / stepCount
        for step in 0..<stepCount {
          guard let target = steps.known(step) else { continue }
          let start = row.startIndex + step * width
          add(Array(row[start..<start + width]), target, data)
        }
      }
    }
  }

  /// Takes in the answer for a sample, or for a step of one, of which not every quantity need be known.
  private mutating func add(_ answer: [Double], _ target: [Double], _ data: RecipeData) {
    outputs.append(answer)
    targets.append(target)
    if data.isClassification {
      evaluation.add(scores: answer, label: Int(target[0]))
      return
    }
    for (prediction, quantity) in zip(answer, target)
    where data.stepCount == nil || !quantity.isNaN {
      evaluation.add(prediction: prediction, target: quantity)
    }
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

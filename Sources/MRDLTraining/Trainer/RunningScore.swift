internal import MRDLCore
internal import MRDLMetrics
internal import MRDLRuntime

/// The mean loss and the metrics over the samples so far.
struct RunningScore: Sendable {
  private let metrics: [TrainingMetric]
  private(set) var accuracies: [Accuracy]
  private(set) var lossSum = 0.0
  private(set) var sampleCount = 0
  private(set) var lastLoss = 0.0

  init(_ metrics: [TrainingMetric]) {
    self.metrics = metrics
    accuracies = metrics.map { metric in
      switch metric {
      case .accuracy(let rank): Accuracy(rank: rank)
      }
    }
  }

  /// A score that goes on.
  init(_ metrics: [TrainingMetric], lossSum: Double, sampleCount: Int, accuracies: [Accuracy]) {
    self.init(metrics)
    self.lossSum = lossSum
    self.sampleCount = sampleCount
    self.accuracies = accuracies
  }

  /// Takes in what a session has just computed on a batch.
  mutating func add(_ session: borrowing Session, _ batch: Batch) {
    lastLoss = session.withUnsafeOutput(0) { Double($0.load(as: Float.self)) }
    lossSum += lastLoss * Double(batch.sampleCount)
    sampleCount += batch.sampleCount
    guard !accuracies.isEmpty, batch.sampleCount > 0 else { return }
    let count = session.outputShape(1).elementCount / batch.sampleCount
    if batch.targets.scalarType == .float32, count == 1 {
      addBinary(session, batch)
      return
    }
    guard batch.targets.scalarType == .int32, batch.targets.shape.rank == 1 else { return }
    let labels = batch.targets.span(of: Int32.self)
    var accuracies = accuracies
    session.withUnsafeOutput(1) { predictions in
      let predictions = predictions.assumingMemoryBound(to: Float.self)
      for row in 0..<batch.sampleCount {
        let scores = Span(
          _unsafeElements: UnsafeBufferPointer(
            rebasing: predictions[row * count..<(row + 1) * count]))
        for index in accuracies.indices {
          accuracies[index].add(scores, label: Int(labels[row]))
        }
      }
    }
    self.accuracies = accuracies
  }

  /// One logit a sample, whose sign tells between two classes, against targets of 0 and 1.
  private mutating func addBinary(_ session: borrowing Session, _ batch: Batch) {
    let targets = batch.targets.span(of: Float.self)
    guard targets.count == batch.sampleCount else { return }
    var accuracies = accuracies
    session.withUnsafeOutput(1) { logits in
      let logits = logits.assumingMemoryBound(to: Float.self)
      for row in 0..<batch.sampleCount {
        let scores: [Float] = [-logits[row], logits[row]]
        for index in accuracies.indices {
          accuracies[index].add(scores.span, label: targets[row] > 0.5 ? 1 : 0)
        }
      }
    }
    self.accuracies = accuracies
  }

  var values: [String: Double] {
    var values = ["loss": meanLoss]
    for (metric, accuracy) in zip(metrics, accuracies) { values[metric.name] = accuracy.value }
    return values
  }

  var meanLoss: Double { sampleCount == 0 ? 0 : lossSum / Double(sampleCount) }
}

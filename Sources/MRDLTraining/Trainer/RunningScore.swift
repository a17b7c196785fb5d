internal import MRDLCore
internal import MRDLMetrics
internal import MRDLRuntime

/// The mean loss and the metrics over the samples so far, or over all their steps that count.
struct RunningScore: Sendable {
  private let metrics: [TrainingMetric]
  private(set) var accuracies: [Accuracy]
  private(set) var lossSum = 0.0
  /// What the mean is divided by.
  private(set) var total = 0.0
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
  init(
    _ metrics: [TrainingMetric], lossSum: Double, total: Double, sampleCount: Int,
    accuracies: [Accuracy]
  ) {
    self.init(metrics)
    self.lossSum = lossSum
    self.total = total
    self.sampleCount = sampleCount
    self.accuracies = accuracies
  }

  /// Takes in what a session has just computed on a batch.
  ///
  /// - Parameter hasClassesLast: whether predictions are [batch, steps, classes].
  mutating func add(
    _ session: borrowing Session, _ batch: Batch, hasClassesLast: Bool
  ) {
    lastLoss = session.withUnsafeOutput(0) { Double($0.load(as: Float.self)) }
    let weight = batch.total
    lossSum += lastLoss * weight
    total += weight
    sampleCount += batch.sampleCount
    guard !accuracies.isEmpty, batch.sampleCount > 0 else { return }
    let shape = session.outputShape(1)
    let classCount = shape.rank == 0 ? 1 : shape[shape.rank - 1]
    if batch.targets.scalarType == .float32, classCount == 1 {
      addBinary(session, batch)
      return
    }
    guard batch.targets.scalarType == .int32,
      batch.targets.shape.rank == 1 || hasClassesLast,
      batch.targets.elementCount * classCount == shape.elementCount
    else { return }
    let labels = batch.targets.span(of: Int32.self)
    var accuracies = accuracies
    session.withUnsafeOutput(1) { predictions in
      let predictions = predictions.assumingMemoryBound(to: Float.self)
      for row in 0..<labels.count where batch.counts(row) {
        let scores = Span(
          _unsafeElements: UnsafeBufferPointer(
            rebasing: predictions[row * classCount..<(row + 1) * classCount]))
        for index in accuracies.indices {
          accuracies[index].add(scores, label: Int(labels[row]))
        }
      }
    }
    self.accuracies = accuracies
  }

  /// One logit a sample or step, whose sign tells between two classes, against targets of 0 and 1.
  private mutating func addBinary(_ session: borrowing Session, _ batch: Batch) {
    let targets = batch.targets.span(of: Float.self)
    guard targets.count == session.outputShape(1).elementCount else { return }
    var accuracies = accuracies
    session.withUnsafeOutput(1) { logits in
      let logits = logits.assumingMemoryBound(to: Float.self)
      for row in 0..<targets.count where batch.counts(row) {
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

  var meanLoss: Double { total == 0 ? 0 : lossSum / total }
}

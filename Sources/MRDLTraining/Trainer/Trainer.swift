public import MRDLCore
internal import MRDLMetrics
public import MRDLModel
internal import MRDLNumerics
internal import MRDLRuntime

/// Trains a model: the forward pass, the gradients and the optimizer's steps, epoch after epoch.
///
/// A run depends on the model, the data, the options without the number of threads, and the instruction set,
/// and on nothing else: with all of them the same, it repeats bit for bit.
public struct Trainer: ~Copyable {
  public let options: TrainingOptions
  private let model: Model
  private let graph: TrainingGraph
  private let store: ParameterStore
  private var training: Session
  private var evaluation: Session
  private let threadLimit: Int
  /// Steps taken in all epochs so far.
  private var stepCount = 0

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - model: has one input, with the batch as its first axis.
  ///   - parameters: the names of the tensors that are trained, all `f32`.
  ///   - targetShape: nil where the target is a class, else its shape without the batch.
  /// - Throws: `MRDL5004` where the loss cannot be differentiated, or what is wrong with the model.
  public init(
    _ model: Model, parameters: [String], objective: Objective, targetShape: Shape? = nil,
    options: TrainingOptions
  ) throws(MRDLError) {
    let graph = try TrainingGraph(
      model, parameters: parameters, objective: objective, targetShape: targetShape)
    let store = try ParameterStore(parameters, of: model, slotCount: options.optimizer.slotCount)
    let training = try Self.session(graph.training, graph, store, options)
    let evaluation = try Self.session(graph.evaluation, graph, store, options)
    self.training = training
    self.evaluation = evaluation
    self.model = model
    self.options = options
    self.graph = graph
    self.store = store
    threadLimit = options.threadLimit ?? 0
  }

  /// A session with the parameters bound.
  private static func session(
    _ program: Program, _ graph: TrainingGraph, _ store: ParameterStore, _ options: TrainingOptions
  ) throws(MRDLError) -> Session {
    var session = Session(program, options: SessionOptions(threadLimit: options.threadLimit))
    for index in 0..<store.count {
      try session.bind(store.tensor(index), toInput: graph.parameterIndex(index))
    }
    return session
  }

  /// Runs all epochs.
  ///
  /// - Parameters:
  ///   - validation: measured after each epoch, never learned from.
  ///   - report: called after every step and every epoch; it ends training by throwing.
  /// - Throws: `MRDL5003` where the loss or a parameter is no finite number any more, `MRDL4001` where the
  ///   data does not fit the model, or what `report` throws.
  public mutating func train(
    on data: some TrainingData, validation: (any TrainingData)? = nil,
    report: (TrainingProgress) throws(MRDLError) -> Void = { _ in }
  ) throws(MRDLError) -> TrainingResult {
    var history: [TrainingRecord.Epoch] = []
    var best: (epoch: Int, score: Double, parameters: [ModelTensor])?
    for epoch in stride(from: 1, through: options.epochCount, by: 1) {
      var values = try trainEpoch(epoch, on: data, report: report)
      if let validation {
        for (name, value) in try evaluate(on: validation) { values["validation_\(name)"] = value }
      }
      let record = TrainingRecord.Epoch(epoch: epoch, values: values)
      history.append(record)
      if options.keeps == .best, validation != nil {
        let score = score(record)
        if score > best?.score ?? -.infinity { best = (epoch, score, store.snapshot()) }
      }
      try report(.epoch(record))
    }
    var trained = model
    for tensor in best?.parameters ?? store.snapshot() {
      trained.tensors[tensor.info.name] = tensor
    }
    return TrainingResult(
      model: trained, history: history, chosenEpoch: best?.epoch ?? options.epochCount)
  }

  /// The loss and the metrics of the present parameters, by their names.
  public mutating func evaluate(on data: any TrainingData) throws(MRDLError) -> [String: Double] {
    try measure(data)
  }

  private mutating func measure(_ data: some TrainingData) throws(MRDLError) -> [String: Double] {
    var score = RunningScore(options.metrics)
    var batches = BatchPair()
    let order = Array(0..<data.sampleCount)
    for first in stride(from: 0, to: order.count, by: options.batchSize) {
      let samples = order[first..<min(first + options.batchSize, order.count)]
      let batch = batches.batch(data, sampleCount: samples.count)
      batch.fill(samples, of: data, epoch: 0, threadLimit: threadLimit)
      try evaluation.bind(batch.inputs, toInput: graph.inputIndex)
      try evaluation.bind(batch.targets, toInput: graph.targetIndex)
      try evaluation.run()
      score.add(evaluation, samples, data)
    }
    return score.values
  }

  // MARK: An epoch

  private mutating func trainEpoch(
    _ epoch: Int, on data: some TrainingData,
    report: (TrainingProgress) throws(MRDLError) -> Void
  ) throws(MRDLError) -> [String: Double] {
    var numbers = RandomNumbers(
      seed: options.seed, stream: RandomStream.order(epoch: epoch).number)
    let order = numbers.nextPermutation(count: data.sampleCount)
    let epochStepCount = (order.count + options.batchSize - 1) / options.batchSize
    var score = RunningScore(options.metrics)
    var batches = BatchPair()
    var rate = 0.0
    for first in stride(from: 0, to: order.count, by: options.batchSize) {
      let samples = order[first..<min(first + options.batchSize, order.count)]
      let batch = batches.batch(data, sampleCount: samples.count)
      batch.fill(samples, of: data, epoch: epoch, threadLimit: threadLimit)
      try training.bind(batch.inputs, toInput: graph.inputIndex)
      try training.bind(batch.targets, toInput: graph.targetIndex)
      try training.run()
      score.add(training, samples, data)
      guard score.lastLoss.isFinite else {
        throw diverged("the loss is \(score.lastLoss)", epoch, first / options.batchSize)
      }
      rate = options.learningRate.rate(
        step: stepCount, epochStepCount: epochStepCount, epochCount: options.epochCount)
      step(rate: rate)
      stepCount += 1
      try report(
        .step(epoch: epoch, sampleCount: score.sampleCount, loss: score.values["loss"] ?? 0))
    }
    guard store.isFinite else {
      throw diverged("a parameter is not a finite number", epoch, epochStepCount)
    }
    var values = score.values
    values["learning_rate"] = rate
    return values
  }

  /// Moves every parameter along its gradient.
  private func step(rate: Double) {
    store.beginStep()
    for index in 0..<store.count {
      training.withUnsafeOutput(graph.gradientIndex(index)) { gradient in
        store.update(
          index, gradient: gradient, optimizer: options.optimizer, rate: rate,
          threadLimit: threadLimit)
      }
    }
  }

  private func diverged(_ found: String, _ epoch: Int, _ step: Int) -> MRDLError {
    MRDLError(
      .diverged, "training diverged", found: found, expected: "a finite number",
      at: Place("epoch \(epoch), step \(step + 1)"))
  }

  /// Larger is better.
  private func score(_ record: TrainingRecord.Epoch) -> Double {
    if let metric = options.metrics.first {
      return record.values["validation_\(metric.name)"] ?? -.infinity
    }
    return -(record.values["validation_loss"] ?? .infinity)
  }
}

/// The two batches that an epoch needs: a full one, and one for the rest.
private struct BatchPair {
  private var batches: [Batch] = []

  mutating func batch(_ data: some TrainingData, sampleCount: Int) -> Batch {
    if let batch = batches.first(where: { $0.sampleCount == sampleCount }) { return batch }
    let batch = Batch(data, sampleCount: sampleCount)
    batches.append(batch)
    return batch
  }
}

/// The mean loss and the metrics over the samples so far.
private struct RunningScore {
  private let metrics: [TrainingMetric]
  private var accuracies: [Accuracy]
  private var lossSum = 0.0
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

  /// Takes in what a session has just computed.
  mutating func add(
    _ session: borrowing Session, _ samples: ArraySlice<Int>, _ data: some TrainingData
  ) {
    lastLoss = session.withUnsafeOutput(0) { Double($0.load(as: Float.self)) }
    lossSum += lastLoss * Double(samples.count)
    sampleCount += samples.count
    guard data.targetShape == nil, !accuracies.isEmpty,
      let count = samples.first.map({ _ in
        session.outputShape(1).elementCount / samples.count
      })
    else { return }
    var accuracies = accuracies
    session.withUnsafeOutput(1) { predictions in
      let predictions = predictions.assumingMemoryBound(to: Float.self)
      for (row, sample) in samples.enumerated() {
        let scores = Span(
          _unsafeElements: UnsafeBufferPointer(
            rebasing: predictions[row * count..<(row + 1) * count]))
        for index in accuracies.indices {
          accuracies[index].add(scores, label: data.label(ofSample: sample))
        }
      }
    }
    self.accuracies = accuracies
  }

  var values: [String: Double] {
    var values = ["loss": sampleCount == 0 ? 0 : lossSum / Double(sampleCount)]
    for (metric, accuracy) in zip(metrics, accuracies) { values[metric.name] = accuracy.value }
    return values
  }
}

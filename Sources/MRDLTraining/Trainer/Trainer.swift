public import MRDLCore
public import MRDLModel
internal import MRDLNumerics
package import MRDLRuntime

/// Trains a model: the forward pass, the gradients and the optimizer's steps, epoch after epoch.
///
/// A run depends on the model, the data, the options without the number of threads, and the instruction set,
/// and on nothing else: with all of them the same, it repeats bit for bit, however often it is interrupted and
/// goes on from a checkpoint.
public struct Trainer: ~Copyable {
  public let options: TrainingOptions
  let model: Model
  let graph: TrainingGraph
  let store: ParameterStore
  /// The states of recurrent layers, where batches hand them on.
  let carrier: StateCarrier
  private let dataShape: TrainingDataShape
  private let hasClassesLast: Bool
  private var training: Session
  private var evaluation: Session
  private let threadLimit: Int
  /// The seed and the number of the run that random numbers in the model are made from.
  private let key: Tensor?

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - model: has one input with the batch as its first axis, and maybe an i32 input [batch] of lengths.
  ///   - parameters: the names of the tensors that are trained, all `f32`: see `Model.parameterNames`. The
  ///     others are frozen, as are the averages of a BatchNormalization whose scale and offset are.
  ///   - data: what targets look like; every data set of the run must be like it.
  /// - Throws: `MRDL5004` where the loss cannot be differentiated, or what is wrong with the model.
  public init(
    _ model: Model, parameters: [String], objective: Objective,
    data: TrainingDataShape = TrainingDataShape(), options: TrainingOptions
  ) throws(MRDLError) {
    let graph = try TrainingGraph(
      model, parameters: parameters, objective: objective, data: data,
      recurrence: options.recurrence)
    let store = try ParameterStore(
      parameters, averages: graph.averageNames, of: model, slotCount: options.optimizer.slotCount,
      accumulates: options.accumulationCount > 1, hasMeans: options.averaging != nil)
    let key =
      graph.keyIndex == nil
      ? nil : Tensor([Int64(bitPattern: options.seed), 0], shape: [2]).copied()
    let training = try Self.session(
      graph.training, graph, store.parameters.map(\.values), store.averages.map(\.values), key,
      options)
    let evaluation = try Self.session(
      graph.evaluation, graph, store.parameters.map(\.used), store.averages.map(\.used), key,
      options)
    self.training = training
    self.evaluation = evaluation
    self.model = model
    self.options = options
    self.graph = graph
    self.store = store
    carrier = StateCarrier(graph.states, laneCount: graph.states.isEmpty ? 0 : options.batchSize)
    self.key = key
    dataShape = data
    hasClassesLast = objective.hasClassesLast
    threadLimit = options.threadLimit ?? 0
  }

  /// A session with the parameters and the running averages bound.
  private static func session(
    _ program: Program, _ graph: TrainingGraph, _ parameters: [Tensor], _ averages: [Tensor],
    _ key: Tensor?, _ options: TrainingOptions
  ) throws(MRDLError) -> Session {
    var session = Session(program, options: SessionOptions(threadLimit: options.threadLimit))
    for (index, values) in parameters.enumerated() {
      try session.bind(values, toInput: graph.parameterIndex(index))
    }
    for (index, values) in averages.enumerated() {
      try session.bind(values, toInput: graph.averageIndex(index))
    }
    if let keyIndex = graph.keyIndex, let key { try session.bind(key, toInput: keyIndex) }
    return session
  }

  // MARK: A run

  /// Runs all epochs, or those that are left.
  ///
  /// - Parameters:
  ///   - validation: measured after each epoch, never learned from.
  ///   - checkpoints: where and how often the state is saved, nil for never.
  ///   - resumed: the state to go on from, nil to begin anew.
  ///   - report: called after every step, every epoch and every checkpoint; it ends training by throwing.
  ///   - isInterrupted: asked after every step; true ends the run, with a checkpoint where there are some.
  /// - Throws: `MRDL5003` where the loss or a parameter is no finite number any more (the last checkpoint is
  ///   of numbers that were), `MRDL5006` for a checkpoint of another run, `MRDL4001` where the data do not fit
  ///   the model, an error of writing a checkpoint (the one before it is left as it was), or what `report`
  ///   throws.
  public mutating func train(
    on data: some TrainingData, validation: (any TrainingData)? = nil,
    checkpoints: CheckpointOptions? = nil, resumed: Checkpoint? = nil,
    report: (TrainingProgress) throws(MRDLError) -> Void = { _ in },
    isInterrupted: () -> Bool = { false }
  ) throws(MRDLError) -> TrainingResult {
    try check(data)
    if let validation { try check(validation) }
    var state = RunState(score: RunningScore(options.metrics))
    if let resumed {
      try resumed.restore(store, carrier)
      state = try resumed.state(options, sampleCount: data.sampleCount, store: store)
    }
    let monitor = options.monitor(hasValidation: validation != nil)
    var writer = CheckpointWriter(checkpoints, sampleCount: data.sampleCount)
    var ending = TrainingResult.Ending.completed
    while state.epoch <= options.epochCount {
      guard
        try trainEpoch(
          &state, on: data, &writer, isInterrupted: isInterrupted, report: report)
      else {
        ending = .interrupted
        break
      }
      try finishEpoch(&state, validation, monitor, report)
      if let stopping = options.earlyStopping, state.stopping.staleCount >= stopping.patience {
        ending = .stoppedEarly
        break
      }
      if writer.isDue(afterEpoch: state.epoch - 1) || isInterrupted() {
        if let path = try writer.write(state, self) { try report(.checkpoint(path: path)) }
        if isInterrupted(), state.epoch <= options.epochCount {
          ending = .interrupted
          break
        }
      }
    }
    var trained = model
    let chosen = ending == .interrupted || !options.keepsBest ? nil : state.best
    for tensor in chosen?.parameters ?? store.snapshot() {
      trained.tensors[tensor.info.name] = tensor
    }
    return TrainingResult(
      model: trained, history: state.history,
      chosenEpoch: chosen?.epoch ?? state.history.last?.epoch ?? 0, ending: ending)
  }

  /// Measures, records and judges an epoch that is over, and begins the next one.
  private mutating func finishEpoch(
    _ state: inout RunState, _ validation: (any TrainingData)?, _ monitor: Monitor,
    _ report: (TrainingProgress) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    var values = state.score.values
    values["learning_rate"] = state.rate
    if let validation {
      for (name, value) in try measure(validation) { values["validation_\(name)"] = value }
    }
    let record = TrainingRecord.Epoch(epoch: state.epoch, values: values)
    state.history.append(record)
    let score = monitor.score(values)
    if options.keepsBest, score > state.best?.score ?? -.infinity {
      state.best = RunState.Best(
        epoch: state.epoch, score: score, parameters: store.snapshot())
    }
    if let stopping = options.earlyStopping {
      state.stopping.add(score, leastChange: stopping.leastChange)
    }
    if case .plateau(_, let patience, let leastChange, _) = options.learningRate.course {
      state.plateau.add(score, leastChange: leastChange)
      if state.plateau.staleCount > patience {
        state.plateauCount += 1
        state.plateau.staleCount = 0
      }
    }
    state.epoch += 1
    state.sampleCount = 0
    state.score = RunningScore(options.metrics)
    try report(.epoch(record))
  }

  private func check(_ data: some TrainingData) throws(MRDLError) {
    let shape = TrainingDataShape(data)
    guard shape == dataShape else {
      throw MRDLError(
        .wrongInput, "the data are not what the trainer was made for", found: "\(shape)",
        expected: "\(dataShape)")
    }
  }

  /// The loss and the metrics of the present parameters, or of their mean where there is averaging, by their
  /// names.
  public mutating func evaluate(on data: any TrainingData) throws(MRDLError) -> [String: Double] {
    try check(data)
    return try measure(data)
  }

  private mutating func measure(_ data: some TrainingData) throws(MRDLError) -> [String: Double] {
    var score = RunningScore(options.metrics)
    var batches = BatchLoader(
      data, order: Array(0..<data.sampleCount), first: 0, epoch: 0, batchSize: options.batchSize,
      stepSampleCount: options.batchSize, threadLimit: threadLimit)
    while let batch = batches.next() {
      try Self.bind(batch, to: &evaluation, graph)
      try evaluation.run()
      score.add(evaluation, batch, hasClassesLast: hasClassesLast)
    }
    return score.values
  }

  private static func bind(
    _ batch: Batch, to session: inout Session, _ graph: TrainingGraph
  ) throws(MRDLError) {
    try session.bind(batch.inputs, toInput: graph.inputIndex)
    try session.bind(batch.targets, toInput: graph.targetIndex)
    if let index = graph.lengthIndex, let lengths = batch.lengths {
      try session.bind(lengths, toInput: index)
    }
    if let index = graph.weightIndex, let weights = batch.weights {
      try session.bind(weights, toInput: index)
    }
  }

  // MARK: Profile

  /// Begins to measure the time of every node of the program that is trained, from the next step on.
  package mutating func startProfile() { training.startProfile() }

  /// What was measured since `startProfile`, with the present number of samples in a batch.
  package var currentProfile: SessionProfile? { training.currentProfile }

  // MARK: An epoch

  /// - Returns: false where the run was interrupted.
  private mutating func trainEpoch(
    _ state: inout RunState, on data: some TrainingData, _ writer: inout CheckpointWriter,
    isInterrupted: () -> Bool, report: (TrainingProgress) throws(MRDLError) -> Void
  ) throws(MRDLError) -> Bool {
    let order = order(ofEpoch: state.epoch, sampleCount: data.sampleCount)
    let stepSampleCount = options.stepSampleCount(of: order.count)
    let epochStepCount = (order.count + stepSampleCount - 1) / stepSampleCount
    var batches = BatchLoader(
      data, order: order, first: state.sampleCount, epoch: state.epoch,
      batchSize: options.batchSize, stepSampleCount: stepSampleCount, threadLimit: threadLimit)
    while state.sampleCount < order.count {
      let stepSize = min(stepSampleCount, order.count - state.sampleCount)
      state.rate = options.learningRate.rate(
        step: state.stepCount, epochStepCount: epochStepCount, epochCount: options.epochCount,
        plateauCount: state.plateauCount)
      try takeStep(&state, stepSize, &batches, lastCheckpoint: writer.lastPath)
      try report(
        .step(
          epoch: state.epoch, sampleCount: state.score.sampleCount, loss: state.score.meanLoss))
      if state.sampleCount == order.count { break }
      let stops = isInterrupted()
      if stops || writer.isDueByTime {
        if let path = try writer.write(state, self) { try report(.checkpoint(path: path)) }
      }
      if stops { return false }
    }
    guard store.isFinite else {
      throw diverged("a parameter is not a finite number", state, writer.lastPath)
    }
    return true
  }

  /// By the seed, or as the samples follow each other where states go on.
  private func order(ofEpoch epoch: Int, sampleCount: Int) -> [Int] {
    if options.recurrence.keepsState {
      return StateCarrier.order(sampleCount: sampleCount, laneCount: options.batchSize)
    }
    var numbers = RandomNumbers(
      seed: options.seed, stream: RandomStream.order(epoch: epoch).number)
    return numbers.nextPermutation(count: sampleCount)
  }

  /// Moves every parameter along the mean gradient of some samples.
  private mutating func takeStep(
    _ state: inout RunState, _ stepSize: Int, _ batches: inout BatchLoader<some TrainingData>,
    lastCheckpoint: String?
  ) throws(MRDLError) {
    var done = 0
    var total = 0.0
    while done < stepSize, let batch = batches.next() {
      key?.mutablePointer(as: Int64.self)[1] = Int64(truncatingIfNeeded: state.runCount)
      state.runCount += 1
      let weight = batch.total
      try Self.bind(batch, to: &training, graph)
      if carrier.stateCount > 0 {
        let beginnings = carrier.beginnings(sampleCount: batch.sampleCount) {
          batches.continues(row: $0)
        }
        for (index, tensor) in beginnings.enumerated() {
          try training.bind(tensor, toInput: graph.stateIndex(index))
        }
      }
      try training.run()
      for index in 0..<carrier.stateCount {
        training.withUnsafeOutput(graph.stateOutputIndex(index)) { carrier.keep(index, $0) }
      }
      state.score.add(training, batch, hasClassesLast: hasClassesLast)
      guard state.score.lastLoss.isFinite else {
        throw diverged("the loss is \(state.score.lastLoss)", state, lastCheckpoint)
      }
      for index in store.averages.indices {
        training.withUnsafeOutput(graph.averageOutputIndex(index)) { store.setAverage(index, $0) }
      }
      if options.accumulationCount > 1 {
        for index in 0..<store.count {
          training.withUnsafeOutput(graph.gradientIndex(index)) {
            store.accumulate(
              index, gradient: $0, factor: weight, isFirst: done == 0)
          }
        }
      }
      done += batch.sampleCount
      total += weight
    }
    update(state, total: total)
    state.sampleCount += stepSize
    state.stepCount += 1
  }

  private func withGradient<Result>(
    _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    options.accumulationCount > 1
      ? store.withSum(index, body)
      : training.withUnsafeOutput(graph.gradientIndex(index), body)
  }

  /// - Parameter total: what the summed gradients are divided by.
  private func update(_ state: RunState, total: Double) {
    var terms = GradientTerms()
    if options.accumulationCount > 1 { terms.scale = total > 0 ? 1 / total : 0 }
    switch options.clipping {
    case .value(let bound)?: terms.bound = bound
    case .norm(let bound)?:
      var squares = 0.0
      for index in 0..<store.count {
        squares += withGradient(index) { ParameterStore.sumOfSquares($0) }
      }
      let norm = squares.squareRoot() * terms.scale
      if norm > bound { terms.scale *= bound / norm }
    case nil: break
    }
    let step = state.stepCount + 1
    let keptShare = options.averaging?.keptShare(step: step) ?? 0
    for index in 0..<store.count {
      withGradient(index) { gradient in
        store.update(
          index, gradient: gradient, optimizer: options.optimizer, decay: options.weightDecay,
          terms: terms, rate: state.rate, step: step, keptShare: keptShare,
          threadLimit: threadLimit)
      }
    }
    store.averageStatistics(keptShare: keptShare)
  }

  func diverged(_ found: String, _ state: RunState, _ checkpoint: String?) -> MRDLError {
    MRDLError(
      .diverged,
      checkpoint.map { "training diverged; the last good checkpoint is \($0)" }
        ?? "training diverged", found: found, expected: "a finite number",
      at: Place("epoch \(state.epoch), step \(state.stepCount + 1)"))
  }
}

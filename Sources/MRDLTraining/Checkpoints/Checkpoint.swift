public import MRDLCore
internal import MRDLFormat
internal import MRDLMetrics
public import MRDLModel

/// A run that is not over, as a file holds it: the model with its present parameters, the recipe, the history,
/// what the optimizer remembers, and the parameters of the best epoch.
///
/// It is a `.mrdl` file like any other and can be used as a model. Random numbers are made from the seed and
/// from counters that the state holds, so that a run that goes on gives the same bits as one that was never
/// interrupted, with the same instruction set.
public struct Checkpoint: Sendable {
  /// The model with the parameters of the last step, or with their mean where there is averaging.
  public let model: Model
  /// Recipe, seed, instruction set and history.
  public let record: TrainingRecord
  private let progress: JSONCursor

  /// Opens a checkpoint.
  ///
  /// - Throws: `MRDL5006` for a model that holds no state of a training, or what is wrong with the file.
  public init(path: String) throws(MRDLError) {
    // Copied, because the run will replace the file.
    let model = try MRDLFile.open(path, options: OpeningOptions(memory: .copied))
    guard let record = model.training, let state = record.state else {
      throw MRDLError(
        .foreignCheckpoint, "the model holds no state of a training", at: Place(file: path))
    }
    self.model = model
    self.record = record
    progress = JSONCursor(state.progress, place: Place(file: path))
  }

  // MARK: Names

  static func slotName(_ parameter: String, _ slot: Int) -> String {
    "training/slot\(slot)/\(parameter)"
  }

  /// What steps go on from, where the model holds means.
  static func learningName(_ tensor: String) -> String { "training/learning/\(tensor)" }

  static func stateName(_ index: Int) -> String { "training/state\(index)" }

  static func bestName(_ parameter: String) -> String { "training/best/\(parameter)" }

  // MARK: Reading

  /// Puts the parameters, averages and slots into a store, and the states of recurrent layers where they go on.
  ///
  /// - Throws: `MRDL5006` where the run is another one.
  func restore(_ store: ParameterStore, _ carrier: StateCarrier) throws(MRDLError) {
    for (index, values) in carrier.values.enumerated() {
      try copy(Self.stateName(index), to: values)
    }
    for parameter in store.parameters {
      for (slot, values) in parameter.slots.enumerated() {
        try copy(Self.slotName(parameter.info.name, slot), to: values)
      }
    }
    for (info, values) in store.used { try copy(info.name, to: values) }
    for (info, values) in store.learning { try copy(Self.learningName(info.name), to: values) }
  }

  private func tensor(_ name: String) throws(MRDLError) -> ModelTensor {
    guard let tensor = model.tensors[name] else {
      throw MRDLError(
        .foreignCheckpoint, "the checkpoint lacks a tensor", expected: "\"\(name)\"",
        at: progress.place)
    }
    return tensor
  }

  private func copy(_ name: String, to target: Tensor) throws(MRDLError) {
    let source = try tensor(name).load()
    guard source.shape == target.shape, source.scalarType == target.scalarType else {
      throw MRDLError(
        .foreignCheckpoint, "a tensor of the checkpoint has another shape",
        found: "\(source.scalarType.rawValue) \(source.shape)",
        expected: "\(target.scalarType.rawValue) \(target.shape)", at: Place(name))
    }
    source.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      UnsafeMutableRawPointer(target.mutablePointer(as: UInt8.self)).copyMemory(
        from: base, byteCount: bytes.count)
    }
  }

  /// Where the run stood.
  ///
  /// - Throws: `MRDL5006` where the options or the data are others.
  func state(
    _ options: TrainingOptions, sampleCount: Int, store: ParameterStore
  ) throws(MRDLError) -> RunState {
    for (key, expected) in [
      ("options", options.fingerprint), ("sample_count", "\(sampleCount)"),
    ] {
      let found = try progress.required(key).string()
      guard found == expected else {
        throw MRDLError(
          .foreignCheckpoint, "the checkpoint is of another run", found: found, expected: expected,
          at: progress.place)
      }
    }
    var accuracies: [Accuracy] = []
    let seen = try progress.required("epoch_samples").integer(in: 0...sampleCount)
    let correct = try progress.required("correct").integers()
    let counted = try progress.optional("counted")?.integer(in: 0...Int.max) ?? seen
    for (metric, count) in zip(options.metrics, correct) {
      switch metric {
      case .accuracy(let rank):
        accuracies.append(
          Accuracy(
            rank: rank, correctCount: min(max(Int(count), 0), counted),
            sampleCount: counted))
      }
    }
    guard accuracies.count == options.metrics.count else {
      throw MRDLError(.foreignCheckpoint, "the checkpoint lacks a metric", at: progress.place)
    }
    var state = RunState(
      score: RunningScore(
        options.metrics, lossSum: try progress.required("loss_sum").number(),
        total: try progress.optional("loss_total")?.number() ?? Double(seen), sampleCount: seen,
        accuracies: accuracies))
    state.epoch = try progress.required("epoch").integer(in: 1...Int.max)
    state.sampleCount = seen
    state.stepCount = try progress.required("step").integer(in: 0...Int.max)
    state.runCount = try progress.required("run").integer(in: 0...Int.max)
    state.rate = try progress.required("rate").number()
    state.history = record.history
    state.plateauCount = try progress.required("plateau_count").integer(in: 0...Int.max)
    state.stopping = try Self.progress(progress.required("stopping"))
    state.plateau = try Self.progress(progress.required("plateau"))
    if let best = try progress.optional("best") {
      var parameters: [ModelTensor] = []
      for info in store.parameters.map(\.info) + store.averages.map(\.info) {
        parameters.append(
          ModelTensor(
            info.name, try tensor(Self.bestName(info.name)).load(), axes: info.axes))
      }
      state.best = RunState.Best(
        epoch: try best.required("epoch").integer(in: 1...Int.max),
        score: try best.required("score").number(), parameters: parameters)
    }
    return state
  }

  private static func progress(_ cursor: JSONCursor) throws(MRDLError) -> RunState.Progress {
    RunState.Progress(
      best: try cursor.optional("best")?.number() ?? -.infinity,
      staleCount: try cursor.required("stale").integer(in: 0...Int.max))
  }

  // MARK: Writing

  /// Replaces the file by the present state, or leaves it as it is where that fails.
  static func write(
    _ state: RunState, model: Model, store: ParameterStore, carrier: StateCarrier,
    options: TrainingOptions, sampleCount: Int, instructionSet: String,
    to checkpoint: CheckpointOptions
  ) throws(MRDLError) {
    var model = model.withoutTrainingState()
    for (info, values) in store.used {
      // The file is written before the next step changes the values.
      model.tensors[info.name] = ModelTensor(info.name, values, axes: info.axes)
    }
    var names: [String] = []
    func add(_ name: String, _ tensor: Tensor) {
      names.append(name)
      model.tensors[name] = ModelTensor(name, tensor)
    }
    for parameter in store.parameters {
      for (slot, values) in parameter.slots.enumerated() {
        add(slotName(parameter.info.name, slot), values)
      }
    }
    for (info, values) in store.learning { add(learningName(info.name), values) }
    for (index, values) in carrier.values.enumerated() { add(stateName(index), values) }
    for tensor in state.best?.parameters ?? [] {
      add(bestName(tensor.info.name), try tensor.load())
    }
    // Golden vectors are of parameters that are no more.
    model.removeGoldenVectors()
    model.training = TrainingRecord(
      recipe: checkpoint.recipe, seed: options.seed, instructionSet: instructionSet,
      history: state.history,
      state: TrainingState(
        progress: encode(state, options, sampleCount: sampleCount), tensors: names))
    try MRDLFile.write(model, to: checkpoint.path, replacing: true)
  }

  private static func encode(
    _ state: RunState, _ options: TrainingOptions, sampleCount: Int
  ) -> JSONValue {
    func encode(_ progress: RunState.Progress) -> JSONValue {
      .object(
        [JSONMember("stale", .integer(Int64(progress.staleCount)))]
          + (progress.best.isFinite ? [JSONMember("best", .number(progress.best))] : []))
    }
    var members = [
      JSONMember("options", .string(options.fingerprint)),
      JSONMember("sample_count", .string("\(sampleCount)")),
      JSONMember("epoch", .integer(Int64(state.epoch))),
      JSONMember("epoch_samples", .integer(Int64(state.sampleCount))),
      JSONMember("step", .integer(Int64(state.stepCount))),
      JSONMember("run", .integer(Int64(state.runCount))),
      JSONMember("rate", .number(state.rate)),
      JSONMember("loss_sum", .number(state.score.lossSum)),
      JSONMember("loss_total", .number(state.score.total)),
      JSONMember(
        "counted",
        .integer(Int64(state.score.accuracies.first?.sampleCount ?? state.sampleCount))),
      JSONMember("correct", .integers(state.score.accuracies.map(\.correctCount))),
      JSONMember("stopping", encode(state.stopping)),
      JSONMember("plateau", encode(state.plateau)),
      JSONMember("plateau_count", .integer(Int64(state.plateauCount))),
    ]
    if let best = state.best {
      members.append(
        JSONMember(
          "best", .object(["epoch": .integer(Int64(best.epoch)), "score": .number(best.score)])))
    }
    return .object(members)
  }
}

package import MRDLCore
package import MRDLTraining

/// Everything that decides how a model comes into being: data, architecture, loss, optimizer and their
/// numbers.
///
/// `Schemas/mrdl-recipe-1.schema.json` describes the JSON form.
package struct Recipe: Sendable, Hashable {
  /// How the parameters are found.
  package enum Solver: String, Sendable, Hashable, CaseIterable {
    /// Step by step along the gradient.
    case gradient
    /// Linear least squares in one step, by a QR factorisation in double precision.
    case qr
  }

  package var name: String
  package var description: String
  package var data: DataRecipe
  /// nil: pictures are seen as they are.
  package var augmentation: AugmentationRecipe?
  /// nil: the layers are a model of their own.
  package var base: BaseRecipe?
  package var layers: [LayerRecipe]
  package var solver: Solver
  package var initializer: Initializer
  package var loss: Objective.Loss
  /// Of cross-entropy.
  package var labelSmoothing: Double
  /// Of the Huber loss.
  package var huberDelta: Double
  var optimizer: OptimizerRecipe?
  /// The penalties of the loss; the decoupled decay is the optimizer's.
  var penalties: WeightDecay
  package var rate: LearningRate
  package var epochCount: Int
  /// nil: all samples.
  package var batchSize: Int?
  package var accumulationCount: Int
  package var clipping: GradientClipping?
  package var averaging: WeightAveraging?
  package var recurrence: RecurrentTraining
  package var earlyStopping: EarlyStopping?
  package var monitor: Monitor?
  package var keeps: TrainingOptions.Choice
  package var metrics: [TrainingMetric]
  package var checkpoints: CheckpointRecipe
  package var seed: UInt64
  /// The share of the training samples that are held back for validation.
  package var validationShare: Double

  /// Reads a recipe; keys that are not known are refused.
  package init(_ root: JSONCursor) throws(MRDLError) {
    try root.refuseUnknownKeys(
      except: [
        "name", "description", "data", "augmentation", "from", "layers", "solver", "initializer",
        "loss",
        "label_smoothing", "huber_delta", "optimizer", "regularization", "schedule", "epochs",
        "batch", "accumulate", "clipping", "averaging", "early_stopping", "monitor", "keep",
        "metrics", "checkpoint", "seed", "validation", "truncate", "stateful",
      ])
    name = try root.required("name").string()
    description = try root.optional("description")?.string() ?? ""
    data = try DataRecipe(root.optional("data"))
    augmentation = try AugmentationRecipe(root.optional("augmentation"))
    base = try BaseRecipe(root.optional("from"))
    let list = try base == nil ? root.required("layers") : root.optional("layers")
    layers = try list.map { (cursor) throws(MRDLError) in try LayerRecipe.list(cursor) } ?? []
    solver = try root.optional("solver")?.choice() ?? .gradient
    initializer = try root.optional("initializer")?.choice() ?? .glorot
    loss = try root.required("loss").choice()
    labelSmoothing = try root.share("label_smoothing", default: 0)
    huberDelta = try root.positive("huber_delta", default: 1)
    optimizer =
      solver == .qr ? nil : try OptimizerRecipe(root.required("optimizer"))
    penalties = try WeightDecay(root.optional("regularization"))
    rate = try LearningRate(optimizer?.rate ?? 1, schedule: root.optional("schedule"))
    epochCount = solver == .qr ? 1 : try root.required("epochs").count()
    batchSize = nil
    if let batch = try root.optional("batch"), batch.value != "all" {
      batchSize = try batch.count()
    }
    accumulationCount = try root.optional("accumulate")?.count() ?? 1
    clipping = try GradientClipping(root.optional("clipping"))
    averaging = try WeightAveraging(root.optional("averaging"))
    recurrence = RecurrentTraining(
      truncation: try root.optional("truncate")?.count(),
      keepsState: try root.bool("stateful", default: false))
    earlyStopping = try EarlyStopping(root.optional("early_stopping"))
    monitor = try root.optional("monitor").map { (cursor) throws(MRDLError) in
      try Monitor(cursor)
    }
    keeps = try root.optional("keep")?.choice() ?? .last
    metrics = []
    for metric in try root.optional("metrics")?.elements() ?? [] {
      guard let value = TrainingMetric(name: try metric.string()) else {
        throw try metric.unknown("metric", expected: "accuracy, top2_accuracy, top3_accuracy, …")
      }
      metrics.append(value)
    }
    checkpoints = try CheckpointRecipe(root.optional("checkpoint"))
    seed = UInt64(try root.optional("seed")?.integer(in: 0...Int.max) ?? 1)
    validationShare = try root.share("validation", default: 0)
    if solver == .qr { try checkLeastSquares(root) }
    if let base, data.forecast != nil || solver == .qr {
      throw MRDLError(
        .badRecipe, "a model is gone on from by gradients and without forecasts", found: base.model,
        expected: "no data.forecast, no solver qr", at: try root.required("from").place)
    }
  }

  /// Whether the model that the training goes on from keeps its end, where that gives what the data ask for.
  var keepsEnd: Bool {
    base != nil && base?.cut == nil && layers.isEmpty && loss != .binaryCrossEntropy
  }

  /// The closed form knows one loss, and no penalty whose slope jumps.
  private func checkLeastSquares(_ root: JSONCursor) throws(MRDLError) {
    guard loss == .quadratic else {
      throw MRDLError(
        .badRecipe, "the closed form is for another loss", found: loss.rawValue,
        expected: "quadratic", at: try root.required("loss").place)
    }
    guard penalties.l1 == 0 else {
      throw MRDLError(
        .badRecipe, "the closed form has no L1 penalty", found: "\(penalties.l1)", expected: "0",
        at: try root.required("regularization").place)
    }
  }

  /// The recipe as JSON, with every default written out.
  package var encoded: JSONValue {
    var members: [JSONMember] = [
      JSONMember("name", .string(name)),
      JSONMember("description", .string(description)),
      JSONMember("data", data.encoded),
    ]
    if let augmentation { members.append(JSONMember("augmentation", augmentation.encoded)) }
    if let base { members.append(JSONMember("from", base.encoded)) }
    members += [
      JSONMember("layers", .array(layers.map(\.encoded))),
      JSONMember("solver", .string(solver.rawValue)),
      JSONMember("initializer", .string(initializer.rawValue)),
      JSONMember("loss", .string(loss.rawValue)),
    ]
    if loss == .crossEntropy {
      members.append(JSONMember("label_smoothing", .number(labelSmoothing)))
    }
    if loss == .huber { members.append(JSONMember("huber_delta", .number(huberDelta))) }
    members.append(JSONMember("regularization", penalties.encodedPenalties))
    if let optimizer {
      members += [
        JSONMember("optimizer", optimizer.encoded),
        JSONMember("schedule", rate.encodedSchedule),
        JSONMember("epochs", .integer(Int64(epochCount))),
        JSONMember("batch", batchSize.map { .integer(Int64($0)) } ?? "all"),
        JSONMember("accumulate", .integer(Int64(accumulationCount))),
      ]
      if let clipping { members.append(JSONMember("clipping", clipping.encoded)) }
      if let averaging { members.append(JSONMember("averaging", averaging.encoded)) }
      if let steps = recurrence.truncation {
        members.append(JSONMember("truncate", .integer(Int64(steps))))
      }
      if recurrence.keepsState { members.append(JSONMember("stateful", .bool(true))) }
      if let earlyStopping { members.append(JSONMember("early_stopping", earlyStopping.encoded)) }
      if let monitor { members.append(JSONMember("monitor", monitor.encoded)) }
      members += [
        JSONMember("keep", .string(keeps.rawValue)),
        JSONMember("metrics", .strings(metrics.map(\.name))),
        JSONMember("checkpoint", checkpoints.encoded),
      ]
    }
    members += [
      JSONMember("seed", .integer(Int64(seed))),
      JSONMember("validation", .number(validationShare)),
    ]
    return .object(members)
  }

  /// How the trainer goes about it.
  package func options(threadLimit: Int?) -> TrainingOptions {
    var decay = penalties
    decay.decoupled = optimizer?.decay ?? 0
    return TrainingOptions(
      epochCount: epochCount, batchSize: batchSize ?? Self.largestBatch,
      accumulationCount: batchSize == nil ? .max : accumulationCount, seed: seed,
      optimizer: optimizer?.rule ?? .gradientDescent(GradientDescent()),
      learningRate: rate, weightDecay: decay, clipping: clipping, averaging: averaging,
      recurrence: recurrence, metrics: metrics, keeps: keeps,
      earlyStopping: earlyStopping, monitor: monitor, threadLimit: threadLimit)
  }

  /// Samples that run together where a step takes all of them.
  private static let largestBatch = 1024

  package func objective(of prediction: String, isStepwise: Bool = false) -> Objective {
    Objective(
      loss, of: prediction, hasClassesLast: isStepwise && loss == .crossEntropy,
      labelSmoothing: labelSmoothing, huberDelta: huberDelta)
  }
}

extension Objective.Loss {
  /// Whether a target is the number of a class.
  package var takesClasses: Bool { self == .crossEntropy || self == .binaryCrossEntropy }
}

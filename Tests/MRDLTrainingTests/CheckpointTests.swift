import MRDLCore
import MRDLFormat
import MRDLModel
import MRDLTraining
import TestDirectories
import Testing

/// Runs that go on from a checkpoint.
@Suite struct CheckpointTests {
  /// A network with everything that has a state: batch normalisation, dropout, and slots.
  static func model() throws -> Model {
    var model = try TrainerTests.model()
    var nodes = model.graph.nodes
    nodes[0].outputs = ["c0"]
    nodes.insert(
      Node(
        "BatchNormalization", inputs: ["c0", "gamma", "beta", "mean", "var"], outputs: ["c"]),
      at: 1)
    nodes[4].outputs = ["f0"]
    nodes.insert(Node("Dropout", inputs: ["f0", "ratio"], outputs: ["f"]), at: 5)
    model.graph.nodes = nodes
    for (name, value) in [("gamma", 1), ("beta", 0), ("mean", 0), ("var", 1)] as [(String, Float)] {
      model.tensors[name] = ModelTensor(
        name, Tensor([Float](repeating: value, count: 5), shape: [5]))
    }
    model.tensors["ratio"] = ModelTensor("ratio", Tensor([Float(0.25)], shape: []))
    return model
  }

  static let parameters = TrainerTests.parameters + ["gamma", "beta"]

  static func options(
    epochs: Int = 4, averaging: WeightAveraging? = nil, threads: Int? = nil
  ) -> TrainingOptions {
    TrainingOptions(
      epochCount: epochs, batchSize: 8, accumulationCount: 2, seed: 5, optimizer: .adam(Adam()),
      learningRate: LearningRate(
        0.01, course: .plateau(factor: 0.5, patience: 1, leastChange: 0.05)),
      weightDecay: WeightDecay(decoupled: 0.01), clipping: .norm(1),
      averaging: averaging, metrics: [.accuracy(rank: 1)], keeps: .best, threadLimit: threads)
  }

  static func trainer(
    averaging: WeightAveraging? = nil, threads: Int? = nil
  ) throws -> Trainer {
    try Trainer(
      try model(), parameters: parameters, objective: Objective(.crossEntropy, of: "y"),
      options: options(averaging: averaging, threads: threads))
  }

  static func bits(_ model: Model) throws -> [[UInt32]] {
    try (parameters + ["mean", "var"]).map { name in
      try #require(model.tensors[name]).load().elements(as: Float.self).map(\.bitPattern)
    }
  }

  /// Interrupted after any step, a run that goes on gives the bits of one that was left alone.
  @Test(arguments: [1, 3, 6, 11, 17], [nil, WeightAveraging(decay: 0.9)])
  func aResumedRunGivesTheSameBits(steps: Int, averaging: WeightAveraging?) throws {
    var whole = try Self.trainer(averaging: averaging)
    let expected = try whole.train(on: TrainerTests.data, validation: TrainerTests.data)
    let directory = try TemporaryDirectory()
    let path = directory.file("run.mrdl")
    var first = try Self.trainer(averaging: averaging, threads: 1)
    var count = 0
    let interrupted = try first.train(
      on: TrainerTests.data, validation: TrainerTests.data,
      checkpoints: CheckpointOptions(path: path, epochInterval: nil),
      report: { (progress) throws(MRDLError) in if case .step = progress { count += 1 } },
      isInterrupted: { count >= steps })
    #expect(interrupted.ending == .interrupted)
    var second = try Self.trainer(averaging: averaging)
    let resumed = try second.train(
      on: TrainerTests.data, validation: TrainerTests.data, resumed: try Checkpoint(path: path))
    #expect(resumed.ending == .completed)
    #expect(resumed.history == expected.history)
    #expect(resumed.chosenEpoch == expected.chosenEpoch)
    #expect(try Self.bits(resumed.model) == (try Self.bits(expected.model)))
  }

  @Test func averagesMoveAndDropoutDrops() throws {
    var trainer = try Self.trainer()
    let result = try trainer.train(on: TrainerTests.data)
    let mean = try #require(result.model.tensors["mean"]).load().elements(as: Float.self)
    #expect(mean.contains { abs($0) > 0.01 })
    // With a quarter of the values dropped, the loss in training is not that of the same parameters in use.
    let trained = try #require(result.history.last?.values["loss"])
    let measured = try #require(try trainer.evaluate(on: TrainerTests.data)["loss"])
    #expect(abs(trained - measured) > 1e-4)
  }

  /// The mean over the steps, by hand from the same run without averaging, one step an epoch: what is kept,
  /// measured and found in a checkpoint, of parameters and of running averages alike.
  @Test(arguments: [0, 0.4, 0.999], [1, 2])
  func averagingKeepsTheMean(decay: Double, accumulation: Int) throws {
    let directory = try TemporaryDirectory()
    func options(epochs: Int, averaging: WeightAveraging?) -> TrainingOptions {
      TrainingOptions(
        epochCount: epochs, batchSize: 90 / accumulation, accumulationCount: accumulation, seed: 5,
        optimizer: .adam(Adam()), learningRate: LearningRate(0.01), averaging: averaging)
    }
    func trainer(_ model: Model, _ options: TrainingOptions) throws -> Trainer {
      try Trainer(
        model, parameters: Self.parameters, objective: Objective(.crossEntropy, of: "y"),
        options: options)
    }
    func values(_ model: Model) throws -> [[Double]] {
      try (Self.parameters + ["mean", "var"]).map { name in
        try #require(model.tensors[name]).load().elements(as: Float.self).map { Double($0) }
      }
    }
    var expected = try values(try Self.model())
    for step in 1...4 {
      var plain = try trainer(try Self.model(), options(epochs: step, averaging: nil))
      let weights = try values(try plain.train(on: TrainerTests.data).model)
      let kept = min(decay, Double(step + 1) / Double(step + 10))
      expected = zip(expected, weights).map { mean, weights in
        zip(mean, weights).map { kept * $0 + (1 - kept) * $1 }
      }
    }
    let path = directory.file("run.mrdl")
    var averaged = try trainer(
      try Self.model(), options(epochs: 4, averaging: WeightAveraging(decay: decay)))
    let result = try averaged.train(
      on: TrainerTests.data, validation: TrainerTests.data,
      checkpoints: CheckpointOptions(path: path))
    for model in [result.model, try MRDLFile.open(path)] {
      for (found, expected) in zip(try values(model), expected) {
        for (found, expected) in zip(found, expected) {
          #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected)))
        }
      }
    }
    // The loss that was measured is that of the kept parameters.
    let loss = result.history.last?.values["validation_loss"]
    #expect(try averaged.evaluate(on: TrainerTests.data)["loss"] == loss)
    var kept = try trainer(result.model, options(epochs: 0, averaging: nil))
    #expect(try kept.evaluate(on: TrainerTests.data)["loss"] == loss)
  }

  @Test func aCheckpointIsAModel() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("run.mrdl")
    var trainer = try Self.trainer()
    _ = try trainer.train(
      on: TrainerTests.data, checkpoints: CheckpointOptions(path: path, epochInterval: 2))
    let model = try MRDLFile.open(path)
    #expect(model.training?.history.count == 4)
    #expect(model.training?.state != nil)
    let plain = model.withoutTrainingState()
    #expect(plain.training?.state == nil)
    #expect(plain.tensors.names == Set(Self.parameters + ["mean", "var", "ratio"]))
    let findings = Diagnostics()
    plain.check(diagnostics: findings)
    #expect(findings.findings.isEmpty)
  }

  @Test func anotherRunIsRefused() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("run.mrdl")
    var trainer = try Self.trainer()
    _ = try trainer.train(on: TrainerTests.data, checkpoints: CheckpointOptions(path: path))
    var options = Self.options()
    options.seed = 6
    var other = try Trainer(
      try Self.model(), parameters: Self.parameters, objective: Objective(.crossEntropy, of: "y"),
      options: options)
    let checkpoint = try Checkpoint(path: path)
    let error = #expect(throws: MRDLError.self) {
      _ = try other.train(on: TrainerTests.data, resumed: checkpoint)
    }
    #expect(error?.code == .foreignCheckpoint)
  }

  /// A parameter that is not among the trained ones stays, and so do the averages of a frozen layer.
  @Test func frozenParametersStay() throws {
    var trainer = try Trainer(
      try Self.model(), parameters: ["weights", "bias"],
      objective: Objective(.crossEntropy, of: "y"), options: Self.options())
    let result = try trainer.train(on: TrainerTests.data)
    let before = try Self.bits(try Self.model())
    let after = try Self.bits(result.model)
    for (name, (old, new)) in zip(Self.parameters + ["mean", "var"], zip(before, after)) {
      #expect((old == new) == !["weights", "bias"].contains(name), "\(name)")
    }
  }

  /// The loss of a line that swings ever wider leaves the real numbers some epochs after the first
  /// checkpoints, which hold numbers that were still good.
  @Test func divergenceNamesTheLastGoodCheckpoint() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("run.mrdl")
    var options = RunTests.options(epochs: 500)
    options.learningRate = LearningRate(100)
    var trainer = try Trainer(
      RunTests.Line.model(), parameters: ["a", "b"], objective: Objective(.quadratic, of: "y"),
      data: TrainingDataShape(RunTests.Line.data), options: options)
    let error = #expect(throws: MRDLError.self) {
      _ = try trainer.train(
        on: RunTests.Line.data, checkpoints: CheckpointOptions(path: path, epochInterval: 1))
    }
    #expect(error?.code == .diverged)
    #expect(error?.message.contains(path) == true)
    for name in ["a", "b"] {
      let values = try #require(try MRDLFile.open(path).tensors[name]).load()
      #expect(values.elements(as: Float.self).allSatisfy { $0.isFinite })
    }
  }

  @Test func aCheckpointThatCannotBeWrittenIsAnError() throws {
    // A directory that does not exist.
    var trainer = try Self.trainer()
    #expect(throws: MRDLError.self) {
      _ = try trainer.train(
        on: TrainerTests.data,
        checkpoints: CheckpointOptions(path: "/nonexistent/checkpoint.mrdl"))
    }
  }
}

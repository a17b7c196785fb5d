import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLTraining
import TestDirectories
import Testing

/// States of recurrent layers that go on from batch to batch.
@Suite struct StatefulTests {
  /// Pieces of series, one after the other, with a number to tell at every step.
  struct Pieces: TrainingData {
    var stepCount = 4
    /// Where a series begins.
    var beginnings: Set<Int> = [0]
    var sampleCount = 6

    var inputShape: Shape { [stepCount, 1] }
    var targetShape: Shape? { [stepCount, 3] }

    func continues(atSample index: Int) -> Bool { !beginnings.contains(index) }

    func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
      for step in 0..<stepCount { target[step] = Self.number(index * stepCount + step, 1) }
    }

    func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
      for place in 0..<stepCount * 3 {
        target[place] = Self.number(index * stepCount * 3 + place, 2)
      }
    }

    private static func number(_ place: Int, _ seed: UInt64) -> Float {
      var numbers = RandomNumbers(seed: seed, stream: UInt64(place))
      return Float(numbers.nextUniform(from: -1, to: 1))
    }
  }

  static func model(_ kind: String, steps: Int) -> Model {
    let gates = ["RNN": 1, "GRU": 3, "LSTM": 4][kind] ?? 0
    var model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", .fixed(steps), 1])],
        outputs: [ValueInfo("y", .float32, ["N", .fixed(steps), 3])],
        nodes: [
          Node(
            "Transpose", inputs: ["x"], outputs: ["t"],
            attributes: ["perm": .integers([1, 0, 2])]),
          Node(
            kind, inputs: ["t", "w", "r", "b"], outputs: ["s"],
            attributes: ["hidden_size": .integer(3)]),
          Node(
            "Transpose", inputs: ["s"], outputs: ["u"],
            attributes: ["perm": .integers([2, 0, 1, 3])]),
          Node("Reshape", inputs: ["u", "shape"], outputs: ["y"]),
        ]))
    for (name, shape) in [
      ("w", [1, gates * 3, 1]), ("r", [1, gates * 3, 3]), ("b", [1, 2 * gates * 3]),
    ] as [(String, Shape)] {
      var numbers = RandomNumbers(seed: 7, stream: UInt64(shape.elementCount))
      model.tensors[name] = ModelTensor(
        name,
        Tensor(
          (0..<shape.elementCount).map { _ in Float(numbers.nextUniform(from: -1, to: 1)) },
          shape: shape))
    }
    model.tensors["shape"] = ModelTensor("shape", Tensor([-1, Int64(steps), 3]))
    return model
  }

  static func options(
    epochs: Int = 1, batch: Int = 1, accumulation: Int = 1, rate: Double = 0.1,
    recurrence: RecurrentTraining, threads: Int? = nil
  ) -> TrainingOptions {
    TrainingOptions(
      epochCount: epochs, batchSize: batch, accumulationCount: accumulation,
      optimizer: .gradientDescent(GradientDescent(momentum: 0.5)),
      learningRate: LearningRate(rate), recurrence: recurrence, threadLimit: threads)
  }

  static func trainer(
    _ kind: String, _ data: Pieces, _ options: TrainingOptions
  ) throws -> Trainer {
    try Trainer(
      model(kind, steps: data.stepCount), parameters: ["w", "r", "b"],
      objective: Objective(.quadratic, of: "y"), data: TrainingDataShape(data), options: options)
  }

  static func parameters(_ model: Model) throws -> [Float] {
    try ["w", "r", "b"].flatMap {
      try #require(model.tensors[$0]).load().elements(as: Float.self)
    }
  }

  /// One step over all pieces is one step over the whole series, truncated where a piece ends.
  @Test(arguments: ["RNN", "GRU", "LSTM"]) func piecesAreATruncatedWhole(kind: String) throws {
    let pieces = Pieces()
    let whole = Pieces(stepCount: 24, sampleCount: 1)
    func train(_ data: Pieces, _ options: TrainingOptions) throws -> [Float] {
      var trainer = try Self.trainer(kind, data, options)
      return try Self.parameters(trainer.train(on: data).model)
    }
    // The loss is the mean over samples, of which the whole is one.
    let expected = try train(
      whole, Self.options(rate: 0.02, recurrence: RecurrentTraining(truncation: 4)))
    let found = try train(
      pieces,
      Self.options(
        accumulation: .max, rate: 0.12, recurrence: RecurrentTraining(keepsState: true)))
    for (left, right) in zip(found, expected) { #expect(abs(left - right) < 1e-5) }
    let forgetful = try train(
      pieces, Self.options(accumulation: .max, rate: 0.12, recurrence: RecurrentTraining()))
    #expect(zip(forgetful, expected).contains { abs($0 - $1) > 1e-4 })
  }

  /// Lanes beside each other give the mean gradient of series of their own.
  @Test(arguments: ["RNN", "LSTM"]) func lanesAndBeginningsResetStates(kind: String) throws {
    func train(_ batch: Int, _ beginnings: Set<Int>) throws -> [Float] {
      let data = Pieces(beginnings: beginnings, sampleCount: 7)
      var trainer = try Self.trainer(
        kind, data,
        Self.options(
          batch: batch, accumulation: .max, recurrence: RecurrentTraining(keepsState: true)))
      return try Self.parameters(trainer.train(on: data).model)
    }
    // Three lanes of 7 samples begin at 0, 3 and 5.
    let expected = try train(1, [0, 2, 3, 5])
    for (left, right) in zip(try train(3, [0, 2]), expected) { #expect(abs(left - right) < 1e-5) }
    #expect(zip(try train(1, [0, 2]), expected).contains { abs($0 - $1) > 1e-4 })
  }

  /// Interrupted amid a series, a run that goes on gives the bits of one that was left alone.
  @Test(arguments: [1, 2, 4, 5]) func aResumedRunGivesTheSameBits(steps: Int) throws {
    let data = Pieces(beginnings: [0, 5], sampleCount: 11)
    func trainer(_ threads: Int?) throws -> Trainer {
      try Self.trainer(
        "LSTM", data,
        Self.options(
          epochs: 3, batch: 3, recurrence: RecurrentTraining(truncation: 2, keepsState: true),
          threads: threads))
    }
    var whole = try trainer(nil)
    let expected = try whole.train(on: data)
    let path = try TemporaryDirectory()
    let file = path.file("run.mrdl")
    var first = try trainer(1)
    var count = 0
    let interrupted = try first.train(
      on: data, checkpoints: CheckpointOptions(path: file, epochInterval: nil),
      report: { (progress) throws(MRDLError) in if case .step = progress { count += 1 } },
      isInterrupted: { count >= steps })
    #expect(interrupted.ending == .interrupted)
    var second = try trainer(2)
    let resumed = try second.train(on: data, resumed: try Checkpoint(path: file))
    #expect(resumed.history == expected.history)
    #expect(
      try Self.parameters(resumed.model).map(\.bitPattern)
        == Self.parameters(expected.model).map(\.bitPattern))
  }

  @Test func modelsWithoutStatesAreRefused() throws {
    var reverse = Self.model("GRU", steps: 4)
    reverse.graph.nodes[1].attributes["direction"] = .string("reverse")
    for (model, parameters) in [(reverse, ["w"]), (RunTests.Line.model(), ["a"])] {
      #expect(throws: MRDLError.self) {
        _ = try Trainer(
          model, parameters: parameters, objective: Objective(.quadratic, of: "y"),
          data: TrainingDataShape(
            targetType: .float32, targetShape: model.graph.nodes.count == 1 ? [1] : [4, 3]),
          options: Self.options(recurrence: RecurrentTraining(keepsState: true)))
      }
    }
  }
}

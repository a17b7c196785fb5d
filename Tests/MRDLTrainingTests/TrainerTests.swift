import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLTraining
import Testing

/// Whole trainings of a small convolutional network on made-up pictures.
@Suite struct TrainerTests {
  /// Pictures with a bright quarter, which is their class, in noise.
  static let data: TensorData = {
    var numbers = RandomNumbers(seed: 7)
    var values: [Float] = []
    var labels: [Int] = []
    for sample in 0..<90 {
      let label = sample % 4
      labels.append(label)
      for row in 0..<8 {
        for column in 0..<8 {
          let isBright = row / 4 * 2 + column / 4 == label
          values.append(Float(numbers.nextUniform(from: 0, to: 0.6)) + (isBright ? 0.4 : 0))
        }
      }
    }
    return TensorData(inputs: Tensor(values, shape: [90, 1, 8, 8]), labels: labels)
  }()

  static let parameters = ["kernel", "shift", "weights", "bias"]

  /// Conv, Relu, MaxPool, Gemm: logits of four classes.
  static func model() throws -> Model {
    var numbers = RandomNumbers(seed: 11)
    var model = Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, SymbolicShape(["N", 1, 8, 8]))],
        outputs: [ValueInfo("y", .float32, SymbolicShape(["N", 4]))],
        nodes: [
          Node("Conv", inputs: ["x", "kernel", "shift"], outputs: ["c"]),
          Node("Relu", inputs: ["c"], outputs: ["r"]),
          Node(
            "MaxPool", inputs: ["r"], outputs: ["p"],
            attributes: ["kernel_shape": .integers([2, 2]), "strides": .integers([2, 2])]),
          Node("Flatten", inputs: ["p"], outputs: ["f"]),
          Node("Gemm", inputs: ["f", "weights", "bias"], outputs: ["y"]),
        ]))
    let shapes: [Shape] = [[5, 1, 3, 3], [5], [45, 4], [4]]
    for (name, shape) in zip(parameters, shapes) {
      let values = (0..<shape.elementCount).map { _ in
        Float(numbers.nextUniform(from: -0.2, to: 0.2))
      }
      model.tensors[name] = ModelTensor(name, Tensor(values, shape: shape))
    }
    return model
  }

  static func train(
    seed: UInt64 = 1, epochs: Int = 6,
    optimizer: Optimizer = .gradientDescent(GradientDescent(momentum: 0.9)),
    rate: Double = 0.05, keeps: TrainingOptions.Choice = .last, threads: Int? = nil,
    validation: Bool = false
  ) throws -> TrainingResult {
    var trainer = try Trainer(
      try model(), parameters: parameters, objective: Objective(.crossEntropy, of: "y"),
      options: TrainingOptions(
        epochCount: epochs, batchSize: 16, seed: seed, optimizer: optimizer,
        learningRate: LearningRate(rate), metrics: [.accuracy(rank: 1)], keeps: keeps,
        threadLimit: threads))
    return try trainer.train(on: data, validation: validation ? data : nil)
  }

  /// The bits of every parameter, in order.
  static func bits(_ result: TrainingResult) throws -> [[UInt32]] {
    try parameters.map { name in
      let tensor = try #require(result.model.tensors[name]).load()
      let values = tensor.span(of: Float.self)
      return values.indices.map { values[$0].bitPattern }
    }
  }

  @Test func learnsWhatCanBeLearned() throws {
    let history = try Self.train(epochs: 12).history
    #expect(history.map(\.epoch) == Array(1...12))
    let losses = history.compactMap { $0.values["loss"] }
    #expect(losses.count == 12)
    #expect(try #require(losses.last) < 0.25 * (try #require(losses.first)))
    #expect(try #require(history.last?.values["accuracy"]) > 0.95)
  }

  @Test(arguments: [1, 2, 3])
  func threadsDoNotChangeABit(threads: Int) throws {
    let all = try Self.train()
    let some = try Self.train(threads: threads)
    #expect(try Self.bits(some) == (try Self.bits(all)))
    #expect(some.history == all.history)
  }

  @Test func anotherSeedGivesOtherParameters() throws {
    #expect(try Self.bits(try Self.train(seed: 2)) != (try Self.bits(try Self.train(seed: 1))))
  }

  @Test func theBestEpochIsKept() throws {
    let result = try Self.train(keeps: .best, validation: true)
    let accuracies = result.history.compactMap { $0.values["validation_accuracy"] }
    let best = try #require(accuracies.max())
    #expect(accuracies.firstIndex(of: best) == result.chosenEpoch - 1)
    // As many epochs as were chosen give the same parameters, because the rate is constant.
    let shorter = try Self.train(epochs: result.chosenEpoch)
    #expect(try Self.bits(shorter) == (try Self.bits(result)))
  }

  @Test func aRunThatLeavesTheNumbersIsStopped() {
    #expect(throws: MRDLError.self) { try Self.train(epochs: 40, rate: 1e30) }
  }

  @Test func aParameterMustBeInTheModel() {
    #expect(throws: MRDLError.self) {
      _ = try Trainer(
        try Self.model(), parameters: ["nothing"], objective: Objective(.crossEntropy, of: "y"),
        options: TrainingOptions(
          epochCount: 1, batchSize: 1, optimizer: .gradientDescent(GradientDescent()),
          learningRate: LearningRate(0.1)))
    }
  }
}

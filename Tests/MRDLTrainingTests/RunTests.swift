import MRDLCore
import MRDLModel
import MRDLTraining
import Testing

/// What a run does between its steps: accumulation, clipping, early stopping, plateaus, checkpoints.
@Suite struct RunTests {
  /// y = a x + b on made-up points, whose steps are easily computed by hand.
  struct Line {
    static let inputs: [Float] = [-1, -0.5, 0, 0.25, 0.5, 1, 1.5]
    static let targets: [Float] = [-2.5, -1, 0.5, 1.5, 2, 3.5, 5.2]

    static let data = TensorData(
      inputs: Tensor(inputs, shape: [7, 1]), targets: Tensor(targets, shape: [7, 1]))

    static func model() -> Model {
      var model = Model(
        graph: Graph(
          inputs: [ValueInfo("x", .float32, SymbolicShape(["N", 1]))],
          outputs: [ValueInfo("y", .float32, SymbolicShape(["N", 1]))],
          nodes: [Node("Gemm", inputs: ["x", "a", "b"], outputs: ["y"])]))
      model.tensors["a"] = ModelTensor("a", Tensor([Float(0.3)], shape: [1, 1]))
      model.tensors["b"] = ModelTensor("b", Tensor([Float(-0.2)], shape: [1]))
      return model
    }

    static func train(_ options: TrainingOptions) throws -> TrainingResult {
      var trainer = try Trainer(
        model(), parameters: ["a", "b"], objective: Objective(.quadratic, of: "y"),
        data: TrainingDataShape(data), options: options)
      return try trainer.train(on: data)
    }

    static func parameters(_ result: TrainingResult) throws -> (a: Double, b: Double) {
      let a = try #require(result.model.tensors["a"]).load().elements(as: Float.self)[0]
      let b = try #require(result.model.tensors["b"]).load().elements(as: Float.self)[0]
      return (Double(a), Double(b))
    }

    /// Batch gradient descent by the equations (5)-(8).
    static func descend(
      steps: Int, rate: Double, l2: Double = 0, norm: Double = .infinity
    ) -> (a: Double, b: Double) {
      var (a, b) = (Double(Float(0.3)), Double(Float(-0.2)))
      for _ in 0..<steps {
        var (da, db) = (0.0, 0.0)
        for (x, y) in zip(inputs, targets) {
          let difference = a * Double(x) + b - Double(y)
          da += difference * Double(x) / 7
          db += difference / 7
        }
        let length = (da * da + db * db).squareRoot()
        let factor = length > norm ? norm / length : 1
        a -= rate * (da * factor + l2 * a)
        b -= rate * db * factor
      }
      return (a, b)
    }
  }

  static func options(
    epochs: Int = 5, batch: Int = 7, accumulation: Int = 1, decay: WeightDecay = .none,
    clipping: GradientClipping? = nil
  ) -> TrainingOptions {
    TrainingOptions(
      epochCount: epochs, batchSize: batch, accumulationCount: accumulation,
      optimizer: .gradientDescent(GradientDescent()), learningRate: LearningRate(0.1),
      weightDecay: decay, clipping: clipping)
  }

  @Test(arguments: [(7, 1), (2, .max), (3, 3), (1, 7), (100, 1)])
  func fullBatchDescent(batch: Int, accumulation: Int) throws {
    let result = try Line.train(Self.options(batch: batch, accumulation: accumulation))
    let found = try Line.parameters(result)
    let expected = Line.descend(steps: 5, rate: 0.1)
    #expect(abs(found.a - expected.a) < 1e-6)
    #expect(abs(found.b - expected.b) < 1e-6)
  }

  @Test func weightDecayLeavesBiasesAlone() throws {
    let found = try Line.parameters(try Line.train(Self.options(decay: WeightDecay(l2: 0.3))))
    let expected = Line.descend(steps: 5, rate: 0.1, l2: 0.3)
    #expect(abs(found.a - expected.a) < 1e-6)
    #expect(abs(found.b - expected.b) < 1e-6)
  }

  @Test func clippingByNorm() throws {
    let found = try Line.parameters(try Line.train(Self.options(clipping: .norm(0.4))))
    let expected = Line.descend(steps: 5, rate: 0.1, norm: 0.4)
    #expect(abs(found.a - expected.a) < 1e-6)
    #expect(abs(found.b - expected.b) < 1e-6)
  }

  @Test func clippingByValue() throws {
    let found = try Line.parameters(
      try Line.train(Self.options(epochs: 1, clipping: .value(0.001))))
    // Both derivatives are larger than that.
    #expect(abs(found.a - (0.3 + 0.1 * 0.001)) < 1e-7)
    #expect(abs(found.b - (-0.2 + 0.1 * 0.001)) < 1e-7)
  }

  @Test func earlyStoppingRestoresTheBestParameters() throws {
    // A rate that first helps and then makes the line swing ever wider.
    var options = Self.options(epochs: 200)
    options.learningRate = LearningRate(2.4)
    options.earlyStopping = EarlyStopping(patience: 3)
    options.monitor = Monitor("loss", better: .smaller)
    let result = try Line.train(options)
    #expect(result.ending == .stoppedEarly)
    let losses = result.history.compactMap { $0.values["loss"] }
    let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(result.chosenEpoch == best + 1)
    #expect(losses.count == best + 1 + 3)
  }

  @Test func rateFallsOnAPlateau() throws {
    var options = Self.options(epochs: 12)
    options.learningRate = LearningRate(
      0.1, course: .plateau(factor: 0.5, patience: 1, leastChange: 1e9))
    let result = try Line.train(options)
    let rates = result.history.compactMap { $0.values["learning_rate"] }
    // Nothing counts as progress after the first epoch: a fall after every second one.
    #expect(rates[..<7] == [0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025])
  }
}

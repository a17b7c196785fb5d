import MRDLCommandLine
import MRDLCore
import MRDLDatasets
import MRDLModel
import MRDLNumerics
import MRDLRecipes
import MRDLRuntime
import MRDLTraining

/// One training from data to a model with everything that its user needs.
struct TrainingRun {
  private let recipe: Recipe
  private let threadLimit: Int?
  private let historyPath: String?
  private let training: PictureSamples
  private let validation: PictureSamples?
  private let test: PictureSamples
  private var epochs: [TrainingRecord.Epoch] = []
  private var testAccuracy = 0.0
  private let start = Clock.monotonicNanoseconds

  /// Reads the data and holds back what validates.
  init(
    recipe: Recipe, data: String, history: String?, threadLimit: Int?
  ) throws(MRDLError) {
    self.recipe = recipe
    self.threadLimit = threadLimit
    historyPath = history
    let directory = MNISTDirectory(data)
    let all = try directory.read(.train)
    test = PictureSamples(try directory.read(.test))
    let validationCount = Int((Double(all.count) * recipe.validationShare).rounded())
    guard validationCount > 0 else {
      training = PictureSamples(all)
      validation = nil
      return
    }
    var numbers = RandomNumbers(seed: recipe.seed, stream: RandomStream.split.number)
    let parts = try all.split(
      order: numbers.nextPermutation(count: all.count), validationCount: validationCount)
    training = PictureSamples(parts.training)
    validation = PictureSamples(parts.validation)
  }

  /// Trains, measures, and adds card, labels, preprocessing and golden vectors.
  mutating func perform() throws(MRDLError) -> Model {
    let architecture = try Architecture(
      recipe, input: training.inputShape, classCount: training.classCount)
    var trainer = try Trainer(
      architecture.model, parameters: architecture.parameterNames,
      objective: Objective(recipe.loss, of: architecture.predictions),
      options: recipe.options(threadLimit: threadLimit))
    var progress = EpochProgress(epochCount: recipe.epochCount, sampleCount: training.sampleCount)
    let result = try trainer.train(on: training, validation: validation) {
      (step) throws(MRDLError) in try progress.show(step)
    }
    epochs = result.history
    var model = result.model
    testAccuracy = try trainer.evaluate(on: test)["accuracy"] ?? 0
    try complete(&model)
    if let historyPath { try writeHistory(historyPath) }
    return model
  }

  private func writeHistory(_ path: String) throws(MRDLError) {
    var file = try AtomicFile(path: path, replacing: true)
    for epoch in epochs {
      let members =
        [JSONMember("epoch", .integer(Int64(epoch.epoch)))]
        + epoch.values.sorted { $0.key < $1.key }.map { JSONMember($0.key, .number($0.value)) }
      try file.write(JSONValue.object(members).text(.compact) + "\n")
    }
    try file.commit()
  }

  // MARK: What a user needs

  private func complete(_ model: inout Model) throws(MRDLError) {
    let images = training.images
    model.preprocessing["x"] = .image(
      ImagePreprocessing(
        colorSpace: images.channelCount == 1 ? .grey : .rgb, scale: PictureSamples.scale))
    model.meanings["y"] = OutputMeaning(
      task: .classification,
      scale: recipe.loss == .crossEntropy ? .probabilities : .scores, labels: images.classNames)
    model.card.producer = Release.producer
    model.card.created = Clock.text(ofSecondsSince1970: Clock.secondsSince1970)
    func add(_ split: String, _ samples: PictureSamples) {
      model.card.datasets.append(
        ModelCard.Dataset(
          name: images.name, split: split, sampleCount: samples.sampleCount,
          digest: samples.images.digest?.hexadecimal ?? ""))
    }
    add("train", training)
    if let validation { add("validation", validation) }
    add("test", test)
    if let last = epochs.last?.values["validation_accuracy"] {
      model.card.metrics.append(
        ModelCard.Metric(
          name: "accuracy", value: last, dataset: images.name, split: "validation"))
    }
    model.card.metrics.append(
      ModelCard.Metric(
        name: "accuracy", value: testAccuracy, dataset: images.name, split: "test"))
    model.training = TrainingRecord(
      recipe: recipe.encoded, seed: recipe.seed,
      instructionSet: InstructionSet.current.rawValue, history: epochs)
    for index in 0..<min(2, test.sampleCount) {
      var sample = Tensor(zeros: Shape([1] + test.inputShape.dimensions))
      sample.withMutableElements(as: Float.self) { elements in
        var span = elements.mutableSpan
        test.copyInput(ofSample: index, epoch: 0, into: &span)
      }
      try model.addGoldenVector("test-\(index)", inputs: ["x": sample])
    }
  }

  /// One line of result on standard output.
  func printSummary(_ path: String) throws(MRDLError) {
    let seconds = Double(Clock.monotonicNanoseconds - start) / 1e9
    try StandardStream.output.write(
      "\(path): test accuracy \(Quantity.fixed(testAccuracy, digits: 4)) on "
        + "\(Quantity.grouped(test.sampleCount)) pictures, trained in "
        + "\(Quantity.duration(seconds: seconds))\n")
  }
}

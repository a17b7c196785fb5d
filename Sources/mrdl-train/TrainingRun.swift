import MRDLCommandLine
import MRDLCore
import MRDLMetrics
import MRDLModel
import MRDLRecipes
import MRDLTraining

/// One training as a person sees it: progress, interruption, and what has come out.
struct TrainingRun {
  private let recipe: Recipe
  private let dataPath: String?
  private let historyPath: String?
  private let checkpointPath: String
  private let threadLimit: Int?
  private var run: RecipeRun?
  private let start = Clock.monotonicNanoseconds

  init(
    recipe: Recipe, dataPath: String?, historyPath: String?, checkpointPath: String,
    threadLimit: Int?
  ) {
    self.recipe = recipe
    self.dataPath = dataPath
    self.historyPath = historyPath
    self.checkpointPath = checkpointPath
    self.threadLimit = threadLimit
  }

  /// - Returns: nil where the run was interrupted.
  mutating func perform(_ resumed: Checkpoint?) throws(MRDLError) -> Model? {
    let base = try recipe.base.map { (base) throws(MRDLError) in try BaseModel(base) }
    let data = try RecipeData.read(recipe, path: dataPath, base: base)
    var run = RecipeRun(recipe, data, base: base, threadLimit: threadLimit)
    Interrupt.watch()
    var progress = EpochProgress(
      epochCount: recipe.epochCount, sampleCount: data.training.sampleCount)
    let model = try run.perform(
      checkpointPath: checkpointPath, resumed: resumed,
      report: { (step) throws(MRDLError) in try progress.show(step) },
      isInterrupted: { Interrupt.isRequested })
    self.run = run
    if model != nil {
      if let historyPath { try writeHistory(historyPath) }
      // What is finished needs no state to go on from.
      if FileSystem.kind(of: checkpointPath) == .file {
        try FileSystem.removeFile(checkpointPath)
      }
    }
    return model
  }

  private func writeHistory(_ path: String) throws(MRDLError) {
    var file = try AtomicFile(path: path, replacing: true)
    for epoch in run?.history ?? [] {
      let members =
        [JSONMember("epoch", .integer(Int64(epoch.epoch)))]
        + epoch.values.sorted { $0.key < $1.key }.map { JSONMember($0.key, .number($0.value)) }
      try file.write(JSONValue.object(members).text(.compact) + "\n")
    }
    try file.commit()
  }

  func writeReport(_ path: String, _ model: Model) throws(MRDLError) {
    if let run { try ReportDirectory(path: path).write(model, run) }
  }

  /// How to go on.
  func printInterruption(output: String) throws(MRDLError) {
    let data = dataPath.map { " --data \($0)" } ?? ""
    try StandardStream.error.write(
      "mrdl-train: interrupted; to go on: "
        + "mrdl-train --resume \(checkpointPath)\(data) --output \(output)\n")
  }

  /// The result on standard output: one line, then the coefficients of a linear model.
  func printSummary(_ path: String, _ model: Model) throws(MRDLError) {
    guard let run, let scores = run.scores else { return }
    let seconds = Double(Clock.monotonicNanoseconds - start) / 1e9
    let measures = scores.evaluation.measures.prefix(run.data.isClassification ? 1 : 4)
      .map { "\($0.name.split(separator: "_").joined(separator: " ")) \(text($0.value))" }
    try StandardStream.output.write(
      "\(path): \(run.scoredSplit) \(measures.joined(separator: ", ")) on "
        + "\(Quantity.count(scores.targets.count, run.data.sampleNoun)), trained in "
        + "\(Quantity.duration(seconds: seconds))\n")
    if let errors = run.naiveErrors, let forecast = run.recipe.data.forecast {
      try StandardStream.output.write(
        "seasonal naive, \(forecast.season) before: mae \(text(errors.meanAbsoluteError)), rmse "
          + "\(text(errors.rootMeanSquaredError))\n")
    }
    guard let linear = try LinearCoefficients(model, run.recipe, run.data) else { return }
    var lines = "intercept \(linear.intercept)\n"
    for (name, value) in linear.coefficients { lines += "\(name.escapedForDisplay) \(value)\n" }
    try StandardStream.output.write(lines)
  }

  private func text(_ value: Double) -> String {
    abs(value) < 1000
      ? Quantity.fixed(value, digits: 4) : Quantity.significant(value, digits: 6)
  }
}

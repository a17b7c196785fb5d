import ArgumentParser
import MRDLCommandLine
import MRDLCore
import MRDLModel
import MRDLRecipes
import MRDLTraining

/// Fits a model to data by a recipe and writes it to a file.
@main struct TrainCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "mrdl-train",
    abstract: "Train a model by a recipe.",
    discussion: """
      Examples:
        mrdl-train lenet --data /usr/share/datasets/fashion-mnist --output model.mrdl
        mrdl-train least-squares --data longley.csv --set data.target=TOTEMP --output model.mrdl
        mrdl-train softmax --data iris.csv --output model.mrdl --set optimizer.rate=0.1
        mrdl-train series-cnn --data GunPoint_TRAIN.ts --output model.mrdl
        mrdl-train forecast --data co2.csv --set data.forecast.season=52 --output model.mrdl
        mrdl-train fine-tune --data DIR --set from.model=base.onnx --output model.mrdl
        mrdl-train --resume model.checkpoint.mrdl --data DIR --output model.mrdl
        mrdl-train lenet --data DIR --benchmark 5
        mrdl-train --print lenet --yaml > mine.yaml
        mrdl-train mine.yaml --data DIR --output m.mrdl
      """,
    version: Release.version)

  @Argument(help: "A recipe: the name of a built-in one, or a YAML or JSON file.")
  var recipe: String?

  @Option(
    help: ArgumentHelp(
      "A CSV, .ts, .npz or HDF5 file, or a directory: a folder a class, .npy, CIFAR-10, IDX.",
      valueName: "path"))
  var data: String?

  @Option(help: "The model to write, .mrdl or .h5.")
  var output: String?

  @Option(help: "How often every sample is seen, in place of what the recipe says.")
  var epochs: Int?

  @Option(help: "The seed of all random numbers, in place of what the recipe says.")
  var seed: Int?

  @Option(help: "How many threads may take part. The result does not depend on it.")
  var threads: Int?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Replace or add a value of the recipe. Repeatable.", valueName: "key=value"))
  var set: [String] = []

  @Option(
    help: ArgumentHelp("Go on with an interrupted training from its checkpoint.", valueName: "file")
  )
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "Where checkpoints go; beside the output unless given.", valueName: "file"))
  var checkpoint: String?

  @Option(help: ArgumentHelp("Write one JSON object a line for each epoch.", valueName: "file"))
  var history: String?

  @Option(
    help: ArgumentHelp("Write pictures and a page that shows them.", valueName: "directory"))
  var report: String?

  @Option(
    help: ArgumentHelp(
      "Train for so long, write nothing and show the times of a step.", valueName: "seconds"))
  var benchmark: Double?

  @Flag(help: "With --benchmark: show the time of every node as well.")
  var profile = false

  @OptionGroup var reporting: ReportOptions

  @Flag(help: "Replace an output that exists.")
  var force = false

  @Flag(help: "List the built-in recipes.")
  var list = false

  @Option(
    name: .customLong("print"),
    help: ArgumentHelp("Print a recipe with every default written out.", valueName: "recipe"))
  var printed: String?

  @Flag(help: "With --print: YAML in place of JSON.")
  var yaml = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    if let epochs, epochs < 1 { throw ValidationError("--epochs must be at least 1.") }
    if let seed, seed < 0 { throw ValidationError("--seed must not be negative.") }
    guard !yaml || printed != nil else { throw ValidationError("--yaml is for --print.") }
    if list || printed != nil { return }
    if let benchmark {
      guard benchmark > 0, benchmark <= 86_400 else {
        throw ValidationError("--benchmark takes seconds, more than 0 and at most a day.")
      }
      guard recipe != nil, resume == nil, output == nil else {
        throw ValidationError("--benchmark needs a recipe, and no --resume and no --output.")
      }
      return
    }
    guard !profile, reporting.format == .text else {
      throw ValidationError("--profile and --format are for --benchmark.")
    }
    guard (recipe != nil) != (resume != nil), output != nil else {
      throw ValidationError("A recipe or --resume, and --output, are needed.")
    }
    if resume != nil, !set.isEmpty || seed != nil {
      throw ValidationError(
        "--resume goes on with the recipe of the checkpoint: no --set, no --seed.")
    }
  }

  mutating func perform() throws {
    if list { return try printList() }
    if let printed {
      let recipe = try resolved(printed).recipe
      try StandardStream.output.write(yaml ? recipe.yaml : recipe.encoded.text(.indented))
      return
    }
    if let benchmark {
      let (recipe, source) = try resolved(recipe)
      let speed = SpeedMeasurement(
        recipe: recipe, dataPath: data, threadLimit: threads, seconds: benchmark,
        profiles: profile)
      do { try speed.print(reporting.format) } catch { throw source?.located(error) ?? error }
      return
    }
    guard let output else { return }
    let resumed = try resume.map { (path) throws(MRDLError) in try Checkpoint(path: path) }
    let (recipe, source) = try resolved(recipe, resumed)
    let writer = try ModelOutput(path: output, replacing: force)
    var run = TrainingRun(
      recipe: recipe, dataPath: data, historyPath: history,
      checkpointPath: checkpoint ?? resume ?? writer.checkpointPath, threadLimit: threads)
    do {
      guard let model = try run.perform(resumed) else {
        try run.printInterruption(output: output)
        throw CommandExit.interrupted
      }
      try writer.write(model)
      try run.printSummary(output, model)
      if let report { try run.writeReport(report, model) }
    } catch let error as MRDLError {
      throw source?.located(error) ?? error
    }
  }

  /// The recipe with the overrides of the command line, or that of a checkpoint.
  private func resolved(
    _ name: String?, _ checkpoint: Checkpoint? = nil
  ) throws(MRDLError) -> (recipe: Recipe, source: RecipeSource?) {
    var recipe: Recipe
    var source: RecipeSource?
    if let checkpoint {
      recipe = try Recipe(JSONCursor(checkpoint.record.recipe, place: Place(file: resume)))
    } else {
      var text = try RecipeSource(name ?? "")
      for assignment in set { try text.set(assignment) }
      recipe = try text.recipe()
      source = text
    }
    if let epochs { recipe.epochCount = epochs }
    if let seed { recipe.seed = UInt64(seed) }
    return (recipe, source)
  }
}

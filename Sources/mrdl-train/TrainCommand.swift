import ArgumentParser
import MRDLCommandLine
import MRDLCore
import MRDLModel
import MRDLRecipes

/// Fits a model to data by a recipe and writes it to a file.
@main struct TrainCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "mrdl-train",
    abstract: "Train a model by a recipe.",
    discussion: """
      Examples:
        mrdl-train lenet --data /usr/share/datasets/fashion-mnist --output model.mrdl
        mrdl-train lenet-relu --data DIR --output model.mrdl --epochs 10 --set optimizer.rate=0.01
        mrdl-train --print lenet > mine.json && mrdl-train mine.json --data DIR --output m.mrdl
      """,
    version: Release.version)

  @Argument(help: "A recipe: the name of a built-in one, or a JSON file.")
  var recipe: String?

  @Option(help: "The directory with the four IDX files of MNIST or Fashion-MNIST, plain or .gz.")
  var data: String?

  @Option(help: "The model to write, .mrdl or .h5.")
  var output: String?

  @Option(help: "How often every sample is seen, in place of what the recipe says.")
  var epochs: Int?

  @Option(help: "The seed of all random numbers, in place of what the recipe says.")
  var seed: Int?

  @Option(help: "How many threads may take part. The result does not depend on it.")
  var threads: Int?

  @Option(help: ArgumentHelp("Replace a value of the recipe.", valueName: "key=value"))
  var set: [String] = []

  @Option(help: ArgumentHelp("Write one JSON object a line for each epoch.", valueName: "file"))
  var history: String?

  @Flag(help: "Replace an output that exists.")
  var force = false

  @Flag(help: "List the built-in recipes.")
  var list = false

  @Option(
    name: .customLong("print"),
    help: ArgumentHelp("Print a recipe with every default written out.", valueName: "recipe"))
  var printed: String?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    if let epochs, epochs < 1 { throw ValidationError("--epochs must be at least 1.") }
    if let seed, seed < 0 { throw ValidationError("--seed must not be negative.") }
    if list || printed != nil { return }
    guard recipe != nil, data != nil, output != nil else {
      throw ValidationError("A recipe, --data and --output are needed.")
    }
  }

  mutating func perform() throws {
    if list {
      for name in Recipe.builtInNames { try StandardStream.output.write(name + "\n") }
      return
    }
    if let printed {
      let source = try Recipe.source(printed)
      let recipe = try Recipe(JSONCursor(source, place: Place(file: printed)))
      try StandardStream.output.write(recipe.encoded.text(.indented))
      return
    }
    guard let name = recipe, let data, let output else { return }
    let writer = try ModelOutput(path: output, replacing: force)
    var run = try TrainingRun(
      recipe: try resolved(name), data: data, history: history, threadLimit: threads)
    let model = try run.perform()
    try writer.write(model)
    try run.printSummary(output)
  }

  /// The recipe with the overrides of the command line.
  private func resolved(_ name: String) throws(MRDLError) -> Recipe {
    var source = try Recipe.source(name)
    for assignment in set { source = try source.setting(assignment) }
    var recipe = try Recipe(JSONCursor(source, place: Place(file: name)))
    if let epochs { recipe.epochCount = epochs }
    if let seed { recipe.seed = UInt64(seed) }
    return recipe
  }
}

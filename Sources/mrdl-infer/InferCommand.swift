import ArgumentParser
import MRDLCommandLine
import MRDLCore
import MRDLInterchange
import MRDLModel
import MRDLNumerics
import MRDLReports
import MRDLRuntime

extension ComputePrecision: ExpressibleByArgument {}

/// `mrdl-infer`: runs a model on pictures and arrays.
@main
struct InferCommand: Command {
  static let configuration = CommandConfiguration.command(
    "mrdl-infer", abstract: "Runs a model and shows what it says.",
    discussion: """
      What the model says of its input decides how a picture is resized, coloured and scaled. An input \
      is a picture (PNG, PNM, BMP), a NumPy array (.npy), a CSV file (a row a sample) for a model of \
      named columns, a directory (its pictures), or - for paths on standard input, one a line.

      Examples:
        mrdl-infer model.h5 boot.png
        mrdl-infer model.mrdl pictures/ --top 1 --format csv
        mrdl-infer model.mrdl --input x=x.npy --save-outputs answers
        mrdl-infer model.mrdl --evaluate labelled.csv --format json
        mrdl-infer model.mrdl --benchmark 2 --threads 1 --format json
        find . -name '*.png' | mrdl-infer model.mrdl - --format jsonl
      """)

  @Argument(help: "A model file of any format that is read.", completion: .file())
  var model: String

  @Argument(help: "Pictures, .npy files, directories, or -.", completion: .file())
  var inputs: [String] = []

  @Option(
    name: .customLong("input"), parsing: .singleValue,
    help: ArgumentHelp(
      "A named input: .npy, or .npz for a sequence; the last = splits. Repeatable.",
      valueName: "name=file")
  )
  var named: [NamedFile] = []

  @Option(
    help: ArgumentHelp("How answers are printed: text, json, jsonl or csv.", valueName: "format"))
  var format: AnswerFormat = .text

  // Few option groups: each costs the parser 0.15 ms, and a run on one picture should take 5 in all.
  @Option(help: ArgumentHelp("Show so many of the largest values.", valueName: "k"))
  var top: Int?

  @Option(
    help: ArgumentHelp("Names of the classes, one a line.", valueName: "file"), completion: .file())
  var labels: String?

  @Option(help: ArgumentHelp("Show values from here on.", valueName: "p"))
  var threshold: Double?

  @OptionGroup(title: "Pictures") var pictures: PictureArguments

  @Option(
    help: ArgumentHelp(
      "Threads that take part, at most as many as the process may use, which is the default.",
      valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Write every output as .npy or .npz, and outputs.json.", valueName: "directory"))
  var saveOutputs: String?

  @Option(help: ArgumentHelp("Samples that run together.", valueName: "n"))
  var batch = 1

  @Option(help: ArgumentHelp("Run for so long and show the times.", valueName: "seconds"))
  var benchmark: Double?

  @Option(
    help: ArgumentHelp(
      "Score the model on labelled data: a CSV or .ts file, a folder a class, or IDX files.",
      valueName: "path"))
  var evaluate: String?

  @Flag(help: "Show the time of every node on standard error.")
  var profile = false

  @Option(
    help: ArgumentHelp(
      "What products and convolutions multiply in: f32, or bf16 where the processor has it.",
      valueName: "type"))
  var precision: ComputePrecision = .float32

  @Flag(help: "Do not compare weights with their digests.")
  var noVerify = false

  func validate() throws {
    guard (1...1_000_000).contains(batch) else {
      throw ValidationError("--batch takes a number from 1 on, found \(batch)")
    }
    if let top, top < 1 { throw ValidationError("--top takes a number from 1 on, found \(top)") }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads takes a number from 1 to 1024, found \(threads)")
    }
    if let benchmark, !(benchmark > 0 && benchmark <= 86_400) {
      throw ValidationError("--benchmark takes seconds above 0, found \(benchmark)")
    }
  }

  func perform() throws {
    // Plans are made for the threads that there are. More than processors would only wait for each other.
    if let threads, threads < WorkerPool.size { _ = WorkerPool.setSize(threads) }
    let options = OpeningOptions(verification: noVerify ? .never : .onFirstUse)
    var opened = try ModelFile.open(model, options: options)
    if let labels { try opened.setLabels(try LabelFile.read(labels)) }
    let runner = Runner(
      opened, pictures: pictures.options, session: SessionOptions(threadLimit: threads),
      program: ProgramOptions(precision: precision))
    if !precision.isAvailable {
      try StandardStream.error.write(
        "mrdl-infer: --precision \(precision.rawValue): this processor has no instructions for it, "
          + "or MRDL_ISA does not name them; f32 is used\n")
    }
    if let evaluate {
      var run = EvaluationRun(runner: runner, batch: max(batch, 64))
      try run.perform(evaluate)
      return try run.print(format)
    }
    if inputs.isEmpty, named.isEmpty, benchmark == nil, runner.model.needsInput {
      throw ValidationError("there is no input: give a file, or --input NAME=FILE.npy")
    }
    for entry in named { try runner.give(entry.name, file: entry.path) }
    if let benchmark {
      try Benchmark(
        seconds: benchmark, batch: batch, profiles: profile,
        threads: min(threads ?? WorkerPool.size, WorkerPool.size)
      ).run(runner, path: model, inputs: inputs, format: format)
      return
    }
    var printer = AnswerPrinter(
      format: format, selection: AnswerSelection(top: top, threshold: threshold),
      meanings: runner.model.meanings,
      outputDirectory: saveOutputs, showsProfile: profile)
    if inputs.isEmpty {
      let paths = named.map(\.path).filter { !$0.isEmpty }
      let name = paths.isEmpty ? model : paths.joined(separator: " ")
      try printer.print(try runner.run(profiles: profile), inputs: [name])
    } else {
      var run = InputRun(inputs, runner: runner, batch: batch, profiles: profile)
      try run.perform(&printer) { error in
        try StandardStream.error.write(Self.line(error) + "\n")
      }
    }
    try printer.finish()
  }
}

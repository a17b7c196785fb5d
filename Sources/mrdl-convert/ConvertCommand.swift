import ArgumentParser
import MRDLCommandLine
import MRDLCore
import MRDLExport
import MRDLInterchange
import MRDLModel
import MRDLQuantization
import MRDLReports
import MRDLRuntime

/// `mrdl-convert`: the same model in another format.
@main
struct ConvertCommand: Command {
  static let configuration = CommandConfiguration.command(
    "mrdl-convert", abstract: "Writes a model in another format.",
    discussion: """
      The ending of the output's name decides the format, or --to. Says what was folded, changed or could \
      not be carried over. A model of a foreign format that is written as .mrdl or .h5 is run once, and \
      what it was given and answered is stored with it, so that mrdl-validate proves every later copy. \
      The output appears whole or not at all, and an existing file is replaced only with --force.

      Examples:
        mrdl-convert model.onnx model.mrdl
        mrdl-convert model.h5 model.onnx
        mrdl-convert resnet.onnx resnet.mrdl --resize 256 --scale 0.00392156863 --labels names.txt
        mrdl-convert model.mrdl small.h5 --shuffle --deflate 6
        mrdl-convert checkpoint.pt model.mrdl --architecture model.onnx
        mrdl-convert model.keras folded.onnx --simplify
        mrdl-convert model.mrdl half.mrdl --dtype f16
        mrdl-convert model.mrdl integers.mrdl --dtype i8 --calibrate pictures/
        mrdl-convert model.mrdl renamed.mrdl --metadata name="Fashion LeNet"
      """)

  @Argument(help: "A model or weights of any format that is read.", completion: .file())
  var input: String

  @Argument(help: "The file to write.", completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "The format: \(ModelEncoding.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "format"))
  var to: ModelEncoding?

  @Option(
    help: ArgumentHelp(
      "Puts the weights of the input into a model, a header as JSON, or model.to_json() of Keras.",
      valueName: "file"), completion: .file())
  var architecture: String?

  @Option(
    help: ArgumentHelp(
      "A JSON object from names of the architecture to names of the weights.", valueName: "file"),
    completion: .file())
  var mapping: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Sets name, description, authors, license, base_model, producer or created. Repeatable.",
      valueName: "key=value"))
  var metadata: [Metadata] = []

  @Flag(help: "Fold into the weights what can be: constant nodes, identities, batch normalisation.")
  var simplify = false

  @Flag(help: "Do not run the model to store what it answers.")
  var noGolden = false

  @Flag(help: "List what became of every part.")
  var verbose = false

  @Flag(help: "Replace an existing file.")
  var force = false

  @Option(
    help: ArgumentHelp(
      "Stores the names of the classes, one a line of this file.", valueName: "file"),
    completion: .file())
  var labels: String?

  @OptionGroup(title: "Pictures, whose way to the input is stored") var pictures: PictureArguments

  @OptionGroup(title: "Weights") var weights: WeightOptions

  @OptionGroup(title: "Storage of .h5 files") var storage: StorageOptions

  @OptionGroup var report: ReportOptions

  func validate() throws {
    if mapping != nil && architecture == nil {
      throw ValidationError("--mapping needs --architecture.")
    }
  }

  func perform() throws {
    let encoding = try to ?? ModelEncoding.of(output)
    let log = ConversionLog()
    var model = try source(log)
    for entry in metadata { try entry.apply(to: &model.card) }
    try StatedUse(pictures: pictures.options, labels: try labels.map(LabelFile.read))
      .add(to: &model, log: log)
    if encoding.holdsGoldenVectors && !noGolden { GoldenVectors.add(to: &model, log: log) }
    if simplify {
      let count = model.graph.nodes.count
      model = try model.simplified()
      log.add(
        .folded, Quantity.count(count, "node"), Quantity.count(model.graph.nodes.count, "node"))
    }
    let quantized = try weights.quantized(model, for: encoding)
    model = quantized?.model ?? model
    let digest = try encoding.write(
      model, to: output, replacing: force, storage: storage.options, log: log)
    let conversion = ConversionReport(
      input: input, output: output, encoding: encoding.rawValue, model: model,
      holdsArchitecture: encoding.holdsArchitecture,
      holdsGoldenVectors: encoding.holdsGoldenVectors,
      byteCount: FileSystem.byteCount(of: output) ?? 0, rootDigest: digest, log: log,
      quantization: quantized.map { ($0.text, $0.json) })
    var results = ResultStream()
    switch report.format {
    case .text: try results.write(conversion.text(isComplete: verbose, Terminal.output.style))
    case .json: try results.write(conversion.json.text(.indented))
    }
    try results.flush()
  }

  private func source(_ log: ConversionLog) throws -> Model {
    guard let architecture else { return try ModelFile.open(input, log: log) }
    return try ArchitectureFile.open(
      architecture, weights: input,
      mapping: try mapping.map { try ArchitectureFile.mapping($0) } ?? [:], log: log)
  }
}

import ArgumentParser
import MRDLCommandLine
import MRDLCore
import MRDLInterchange
import MRDLModel
import MRDLReports
import MRDLRuntime

/// `mrdl-inspect`: what a model is made of.
@main
struct InspectCommand: Command {
  static let configuration = CommandConfiguration.command(
    "mrdl-inspect", abstract: "Shows what a model is made of.",
    discussion: """
      Layers with shapes, parameters, multiply-adds and activation memory, totals, inputs and outputs, \
      metadata and training history. Costs are those of one sample.

      Examples:
        mrdl-inspect model.h5
        mrdl-inspect model.mrdl --tensors --stats
        mrdl-inspect model.mrdl --tensor conv1.weight
        mrdl-inspect model.onnx --program --batch 32
        mrdl-inspect model.mrdl --format json | jq .totals
      """)

  @Argument(help: "Model files of any format that is read.", completion: .file())
  var models: [String]

  @Flag(help: "List the tensors instead of the layers.")
  var tensors = false

  @Flag(help: "List the tensors with minimum, maximum, mean and the like.")
  var stats = false

  @Option(help: ArgumentHelp("Show the numbers of one tensor.", valueName: "name"))
  var tensor: String?

  @Flag(help: "List the nodes that run after the graph passes, and the memory that they take.")
  var program = false

  @Option(help: ArgumentHelp("With --program: samples that run together.", valueName: "n"))
  var batch = 1

  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard (1...1_000_000).contains(batch) else {
      throw ValidationError("--batch takes a number from 1 on, found \(batch)")
    }
    guard [tensors || stats, tensor != nil, program].filter({ $0 }).count <= 1 else {
      throw ValidationError("--tensors or --stats, --tensor and --program exclude each other")
    }
  }

  func perform() throws {
    let style = Terminal.output.style
    var results = ResultStream()
    var values: [JSONValue] = []
    for (index, path) in models.enumerated() {
      let model = try ModelFile.open(path, diagnostics: Diagnostics())
      switch report.format {
      case .json: values.append(try json(model, path))
      case .text:
        if index > 0 { try results.write("\n") }
        if models.count > 1 { try results.writeLine(style.strong(path.escapedForDisplay)) }
        try results.write(try text(model, style))
      }
    }
    if report.format == .json {
      let value = values.count == 1 ? values[0] : JSONValue.array(values)
      try results.write(value.text(.indented))
    }
    try results.flush()
  }

  private func text(_ model: Model, _ style: TextStyle) throws(MRDLError) -> String {
    if let tensor { return try TensorContent(tensor, of: model).text(style) }
    if program { return try ProgramReport(Program(model), batch: batch).text(style) }
    if tensors || stats || model.isWeightsOnly {
      return try TensorListing(model, measures: stats).text(style)
    }
    return ModelSummary(model).text(style)
  }

  private func json(_ model: Model, _ path: String) throws(MRDLError) -> JSONValue {
    if let tensor { return try TensorContent(tensor, of: model).json }
    if program { return try ProgramReport(Program(model), batch: batch).json }
    if tensors || stats { return try TensorListing(model, measures: stats).json }
    return ModelSummary(model).json(
      path: path, format: try ModelFile.format(of: path).rawValue,
      byteCount: FileSystem.byteCount(of: path))
  }
}

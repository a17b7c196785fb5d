import ArgumentParser
import MRDLCommandLine
import MRDLCore
import MRDLReports

/// `mrdl-validate`: everything that is wrong with a model.
@main
struct ValidateCommand: Command {
  static let configuration = CommandConfiguration.command(
    "mrdl-validate", abstract: "Checks models: structure, digests, graph, shapes, golden vectors.",
    discussion: """
      Reports every finding with its code, place and remedy, not only the first. The exit code is 0 for \
      sound models, 1 where there are findings, 65 where a file cannot be read as a model.

      Examples:
        mrdl-validate model.h5
        mrdl-validate --strict models/*.mrdl
        mrdl-validate model.mrdl --format json
      """)

  @Argument(help: "Model files of any format that is read.", completion: .file())
  var models: [String]

  @Flag(help: "Let warnings count as errors.")
  var strict = false

  @OptionGroup var report: ReportOptions

  func perform() throws {
    let style = Terminal.output.style
    var results = ResultStream()
    var reports: [ValidationReport] = []
    for path in models {
      let validated = try ValidationReport(path)
      reports.append(validated)
      if report.format == .text { try results.write(validated.text(strict: strict, style)) }
    }
    if report.format == .json {
      let values = reports.map { $0.json(strict: strict) }
      let value = values.count == 1 ? values[0] : JSONValue.array(values)
      try results.write(value.text(.indented))
    }
    try results.flush()
    if reports.contains(where: { !$0.isReadable }) { throw CommandExit.failure(.badData) }
    if reports.contains(where: { !$0.isSound(strict: strict) }) { throw CommandExit.findings }
  }
}

package import ArgumentParser

/// How a report is printed.
package enum ReportFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// For people.
  case text
  /// For programs, with a schema in Schemas/.
  case json
}

/// How answers are printed.
package enum AnswerFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// For people.
  case text
  /// One array at the end.
  case json
  /// One object a line and input, as soon as it is known.
  case jsonl
  /// One row a value.
  case csv
}

/// The option that chooses how a report is printed.
package struct ReportOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How the result is printed: text or json.", valueName: "format"))
  package var format: ReportFormat = .text

  package init() {}
}

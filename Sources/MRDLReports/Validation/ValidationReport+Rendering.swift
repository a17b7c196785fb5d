package import MRDLCore
internal import MRDLModel
internal import MRDLRuntime

extension ValidationReport {
  /// The report for people: the verdict, then every finding, with a remedy behind those of a kind.
  ///
  /// - Parameter strict: whether warnings count.
  package func text(strict: Bool, _ style: TextStyle = .plain) -> String {
    let name = path.escapedForDisplay
    var text: String
    if !isReadable {
      text = "\(name): \(style.bad("not readable as a model"))\n"
    } else if isSound(strict: strict) {
      text = "\(name): \(style.good("sound"))\n"
    } else {
      text = "\(name): \(style.bad("not sound"))\n"
    }
    if isReadable {
      text +=
        "  \(Quantity.count(nodeCount, "node")), \(Quantity.count(tensorCount, "tensor")) "
        + "of \(Quantity.bytes(parameterByteCount))\n"
      text += goldenText
    }
    for (index, finding) in findings.enumerated() {
      let severity =
        switch finding.severity {
        case .error: style.bad("error")
        case .warning: style.warning("warning")
        case .note: style.faint("note")
        }
      var placed = finding
      if placed.place.file == path { placed.place.file = nil }
      text += "  \(severity): \(placed)\n"
      let next = findings[(index + 1)...].first
      if finding.severity != .note, next?.code != finding.code || next?.severity == .note {
        text += style.faint("    \(finding.code.remedy)") + "\n"
      }
    }
    if droppedCount > 0 { text += "  and \(Quantity.grouped(droppedCount)) more\n" }
    if let rootDigest { text += style.faint("  root digest \(rootDigest.hexadecimal)") + "\n" }
    return text
  }

  private var goldenText: String {
    guard !golden.isEmpty else { return "" }
    let wrong = Set(golden.filter { $0.wrongCount > 0 }.map(\.golden)).count
    let errors = golden.map(\.largestError)
    let worst = errors.contains { $0.isNaN } ? Double.nan : errors.max() ?? 0
    let vectors = Quantity.count(goldenVectorCount, "golden vector")
    return "  \(goldenVectorCount - wrong) of \(vectors) reproduced, "
      + "largest error \(Quantity.significant(worst, digits: 2))\n"
  }

  /// The report for programs: `Schemas/mrdl-validate-1.schema.json` describes it.
  package func json(strict: Bool) -> JSONValue {
    .object([
      "path": .string(path),
      "readable": .bool(isReadable),
      "sound": .bool(isSound(strict: strict)),
      "nodes": .integer(Int64(nodeCount)),
      "tensors": .integer(Int64(tensorCount)),
      "root_digest": rootDigest.map { .string($0.hexadecimal) } ?? .null,
      "findings": .array(findings.map { $0.json }),
      "dropped_findings": .integer(Int64(droppedCount)),
      "golden": .array(
        golden.map { result in
          .object([
            "name": .string(result.golden),
            "output": .string(result.output),
            "elements": .integer(Int64(result.elementCount)),
            "wrong": .integer(Int64(result.wrongCount)),
            "largest_error": .finite(result.largestError),
          ])
        }),
    ])
  }
}

package import MRDLCore
internal import MRDLModel
internal import MRDLRuntime

extension SampleReport {
  /// Rows and values of an output without a meaning that are shown for people.
  private static let shownRows = 8
  private static let shownValues = 16

  /// The answer for people.
  package func text(_ style: TextStyle = .plain) -> String {
    var title = input.escapedForDisplay
    if let sample { title += " [\(sample)]" }
    if let single = singleAnswer { return "\(title)  \(single)\n" }
    var text = style.strong(title) + "\n"
    for output in outputs {
      if outputs.count > 1 { text += "  \(output.name.escapedForDisplay) \(output.shape)\n" }
      text += output.isRanked ? Self.ranking(output, style) : Self.values(output, style)
    }
    return text
  }

  /// One label after the name, where that is all there is to say.
  private var singleAnswer: String? {
    guard outputs.count == 1, outputs[0].isRanked, outputs[0].rows.count == 1,
      outputs[0].rows[0].count == 1, let entry = outputs[0].rows[0].first
    else { return nil }
    return "\(entry.label.escapedForDisplay)  \(Self.amount(entry, outputs[0]))"
  }

  private static func amount(_ entry: Answer.Entry, _ output: Output) -> String {
    switch output.scale {
    case .probabilities, .scores: Quantity.fixed(entry.value * 100, digits: 1) + " %"
    default: Quantity.significant(entry.value, digits: 6)
    }
  }

  private static func ranking(_ output: Output, _ style: TextStyle) -> String {
    var text = ""
    for (index, row) in output.rows.enumerated() {
      if output.rows.count > 1 {
        if index == shownRows {
          return text
            + style.faint("    … \(Quantity.count(output.rows.count - index, "more row"))") + "\n"
        }
        text += "    row \(index)\n"
      }
      if row.isEmpty { text += style.faint("    nothing above the threshold") + "\n" }
      for entry in row {
        let share = output.scale == .probabilities || output.scale == .scores ? entry.value : 0
        let bar = String(repeating: "━", count: Int((min(max(share, 0), 1) * 20).rounded()))
        let amount = amount(entry, output).paddedLeft(to: 8)
        let label = entry.label.escapedForDisplay
        text +=
          share > 0 || bar.isEmpty && output.scale == .probabilities
          ? "  \(amount)  \(style.good(bar))\(String(repeating: " ", count: 20 - bar.count))  \(label)\n"
          : "  \(amount)  \(label)\n"
      }
    }
    return text
  }

  private static func values(_ output: Output, _ style: TextStyle) -> String {
    if output.rows.isEmpty { return style.faint("  nothing") + "\n" }
    var text = ""
    for row in output.rows.prefix(shownRows) {
      let isLabelled = row.contains { $0.label != String($0.index) }
      let shown = row.prefix(shownValues).map { entry in
        let value = Quantity.significant(entry.value, digits: 6)
        return isLabelled ? "\(entry.label.escapedForDisplay) \(value)" : value
      }
      text += "  " + shown.joined(separator: "  ") + (row.count > shownValues ? "  …" : "") + "\n"
    }
    if output.rows.count > shownRows {
      text += style.faint("  … \(Quantity.count(output.rows.count - shownRows, "more row"))") + "\n"
    }
    return text
  }

  /// The answer for programs: `Schemas/mrdl-infer-1.schema.json` describes it.
  package var json: JSONValue {
    .object([
      "input": .string(input),
      "sample": sample.map { .integer(Int64($0)) } ?? .null,
      "outputs": .array(outputs.map(Self.json)),
    ])
  }

  private static func json(_ output: Output) -> JSONValue {
    let rows = output.rows.map { row in
      JSONValue.array(
        row.map { entry in
          .object([
            "index": .integer(Int64(entry.index)), "label": .string(entry.label),
            "value": .finite(entry.value),
          ])
        })
    }
    return .object([
      "name": .string(output.name),
      "task": output.task.map { .string($0.rawValue) } ?? .null,
      "scale": output.scale.map { .string($0.rawValue) } ?? .null,
      "shape": .integers(output.shape.dimensions),
      // Nearly every output has one row a sample; more than one are listed as rows.
      "answers": rows.count == 1 ? rows[0] : .null,
      "rows": rows.count == 1 ? .null : .array(rows),
    ])
  }

  /// The titles of the columns of `csv`.
  package static let csvHeader = "input,sample,output,row,rank,index,label,value\n"

  /// A line for each value, by RFC 4180 but with a line feed at the end.
  package var csv: String {
    var text = ""
    for output in outputs {
      for (rowIndex, row) in output.rows.enumerated() {
        for (rank, entry) in row.enumerated() {
          let fields = [
            Self.quoted(input), sample.map(String.init) ?? "", Self.quoted(output.name),
            String(rowIndex), String(rank + 1), String(entry.index), Self.quoted(entry.label),
            entry.value.description,
          ]
          text += fields.joined(separator: ",") + "\n"
        }
      }
    }
    return text
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\""
      + field.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}

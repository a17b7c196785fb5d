import MRDLCommandLine
import MRDLCore
import MRDLMetrics

extension EvaluationRun {
  /// Prints the scores on standard output: lines, or one JSON object.
  func print(_ format: AnswerFormat) throws(MRDLError) {
    switch format {
    case .json, .jsonl:
      try StandardStream.output.write(json.text(format == .json ? .indented : .compact) + "\n")
    case .csv:
      var text = "measure,value\n"
      for measure in evaluation.measures { text += "\(measure.name),\(measure.value)\n" }
      try StandardStream.output.write(text)
    case .text: try StandardStream.output.write(text)
    }
  }

  private var text: String {
    var text = Quantity.count(evaluation.sampleCount, "sample") + "\n"
    for measure in evaluation.measures {
      text += "\(measure.name)  \(Quantity.fixed(measure.value, digits: 4))\n"
    }
    guard let confusion = evaluation.confusion, confusion.classCount <= 20 else { return text }
    text += "confusion, a row for each true class\n"
    for label in 0..<confusion.classCount {
      let counts = (0..<confusion.classCount).map { "\(confusion[label: label, answer: $0])" }
      text += "  \(labels.className(label).escapedForDisplay): \(counts.joined(separator: " "))\n"
    }
    return text
  }

  private var json: JSONValue {
    var members = [
      JSONMember("samples", .integer(Int64(evaluation.sampleCount))),
      JSONMember(
        "measures",
        .object(evaluation.measures.map { JSONMember($0.name, .finite($0.value)) })),
    ]
    if let confusion = evaluation.confusion {
      let classes = 0..<confusion.classCount
      members += [
        JSONMember("labels", .strings(classes.map(labels.className))),
        JSONMember(
          "confusion",
          .array(
            classes.map { label in
              .integers(classes.map { confusion[label: label, answer: $0] })
            })),
      ]
    }
    return .object(members)
  }
}

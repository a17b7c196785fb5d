import MRDLCommandLine
import MRDLCore
import MRDLInterchange
import MRDLModel
import MRDLReports

/// Prints what the model says of each sample, and keeps outputs where asked for.
struct AnswerPrinter {
  let format: AnswerFormat
  let selection: AnswerSelection
  let meanings: [String: OutputMeaning]
  let outputDirectory: String?
  let showsProfile: Bool
  /// Whether the outputs of each run go to a directory of their own.
  var expectsManyRuns = false
  private var results: ResultStream
  private var values: [JSONValue] = []
  private var runCount = 0
  private var hasHeader = false
  private let style = Terminal.output.style

  init(
    format: AnswerFormat, selection: AnswerSelection, meanings: [String: OutputMeaning],
    outputDirectory: String?, showsProfile: Bool
  ) {
    self.format = format
    self.selection = selection
    self.meanings = meanings
    self.outputDirectory = outputDirectory
    self.showsProfile = showsProfile
    results = ResultStream(flushesLines: format == .jsonl || StandardStream.output.isTerminal)
  }

  /// Takes the outputs of one run.
  ///
  /// - Parameter inputs: the paths of its samples, or one for all of them.
  mutating func print(_ run: Runner.Result, inputs: [String]) throws(MRDLError) {
    if let outputDirectory {
      var directory = outputDirectory
      if expectsManyRuns, let first = inputs.first {
        let stem = FileSystem.stem(of: first)
        directory = FileSystem.join(outputDirectory, "\(runCount)-\(stem)")
      }
      try OutputDirectory(directory).write(run.outputs)
    }
    for report in try reports(run, inputs) { try print(report) }
    if showsProfile, let profile = run.profile {
      try StandardStream.error.write(profile.text(Terminal.error.style))
    }
    runCount += 1
  }

  private func reports(
    _ run: Runner.Result, _ inputs: [String]
  ) throws(MRDLError) -> [SampleReport] {
    var outputs: [[SampleReport.Output]] = []
    var areTensors = true
    for (name, value) in run.outputs {
      guard case .tensor(let tensor) = value else {
        areTensors = false
        outputs.append(try parts(of: value, named: name))
        continue
      }
      outputs.append(
        try selection.outputs(
          named: name, tensor, meaning: meanings[name], sampleCount: run.sampleCount))
    }
    let isSplit = areTensors && outputs.allSatisfy { $0.count == run.sampleCount }
    guard isSplit || inputs.count == 1 else {
      throw MRDLError(
        .wrongInput, "the outputs do not tell the samples of a batch apart",
        found: run.outputs.map { "\($0.name): \($0.value.kindName)" }.joined(separator: ", "),
        expected: "--batch 1")
    }
    guard isSplit else {
      return [SampleReport(input: inputs[0], sample: nil, outputs: outputs.flatMap { $0 })]
    }
    return (0..<run.sampleCount).map { sample in
      SampleReport(
        input: inputs.count == 1 ? inputs[0] : inputs[sample],
        sample: inputs.count == 1 && run.sampleCount > 1 ? sample : nil,
        outputs: outputs.map { $0[sample] })
    }
  }

  /// What a sequence or an optional value says: each tensor in it by its position.
  private func parts(
    of value: GraphValue, named name: String
  ) throws(MRDLError) -> [SampleReport.Output] {
    let tensors = value.tensors
    guard !tensors.isEmpty else { return [.nothing(name)] }
    var isSequence = false
    if case .sequence? = value.brought(to: .sequence) { isSequence = true }
    var outputs: [SampleReport.Output] = []
    for (index, tensor) in tensors.enumerated() {
      outputs += try selection.outputs(
        named: isSequence ? "\(name)[\(index)]" : name, tensor, meaning: nil, sampleCount: 0)
    }
    return outputs
  }

  private mutating func print(_ report: SampleReport) throws(MRDLError) {
    switch format {
    case .text: try results.write(report.text(style))
    case .json: values.append(report.json)
    case .jsonl: try results.writeLine(report.json.text())
    case .csv:
      if !hasHeader { try results.write(SampleReport.csvHeader) }
      hasHeader = true
      try results.write(report.csv)
    }
  }

  /// Prints what waits for the end.
  mutating func finish() throws(MRDLError) {
    if format == .json { try results.write(JSONValue.array(values).text(.indented)) }
    values = []
    try results.flush()
  }
}

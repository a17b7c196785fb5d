import MRDLCommandLine
import MRDLCore
import MRDLReports

/// `--benchmark`: how long an answer takes, on given inputs or on random ones.
struct Benchmark {
  let seconds: Double
  let batch: Int
  let profiles: Bool
  let threads: Int

  func run(_ runner: Runner, path: String, inputs: [String], format: AnswerFormat) throws {
    var samples: [Runner.Sample] = []
    var list = InputList(inputs)
    while samples.count < batch, let path = try list.next() {
      let sample = try runner.load(path)
      if let first = samples.first, !first.fits(sample) { break }
      samples.append(sample)
    }
    if let first = samples.first, first.isPicture {
      // One picture serves as many.
      while samples.count < batch { samples.append(first) }
    }
    if samples.isEmpty {
      for (input, made) in try runner.giveRandom(batch: batch) {
        try StandardStream.error.write(
          "mrdl-infer: \(input) is measured as \(made); an input, or --size for a picture, gives "
            + "it another size\n")
      }
    }
    let (lane, prepared) = try runner.prepare(samples)
    let measured = try lane.measure(prepared.values, seconds: seconds, profiles: profiles)
    let sampleCount = (prepared.joined ?? runner.firstGiven)?.shape.dimensions.first ?? 1
    var report = LatencyReport(
      nanoseconds: measured.nanoseconds, threads: threads, batch: sampleCount)
    report.profile = measured.profile
    var results = ResultStream()
    switch format {
    case .text: try results.write(report.text(Terminal.output.style))
    case .json: try results.write(report.json(model: path).text(.indented))
    case .jsonl: try results.writeLine(report.json(model: path).text())
    case .csv:
      throw MRDLError(
        .badUsage, "a measurement is not printed as CSV", expected: "text, json or jsonl")
    }
    try results.flush()
  }
}

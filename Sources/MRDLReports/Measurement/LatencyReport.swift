package import MRDLCore
internal import MRDLRuntime

/// How long runs took.
package struct LatencyReport: Sendable {
  package let threads: Int
  package let batch: Int
  /// Nanoseconds of each run, in order of their length.
  private let nanoseconds: [UInt64]
  package var profile: ProfileReport?

  /// - Precondition: there is at least one run.
  package init(nanoseconds: [UInt64], threads: Int, batch: Int) {
    precondition(!nanoseconds.isEmpty, "no run was measured")
    self.nanoseconds = nanoseconds.sorted()
    self.threads = threads
    self.batch = batch
  }

  /// The milliseconds that a share of the runs did not pass: the nearest rank.
  package func milliseconds(percentile: Double) -> Double {
    let rank = Int((percentile / 100 * Double(nanoseconds.count)).rounded(.up))
    return Double(nanoseconds[min(max(rank, 1), nanoseconds.count) - 1]) / 1e6
  }

  private var meanMilliseconds: Double {
    Double(nanoseconds.reduce(0, +)) / Double(nanoseconds.count) / 1e6
  }

  private var samplesPerSecond: Double { Double(batch) * 1e3 / meanMilliseconds }

  /// The measurement for people.
  package func text(_ style: TextStyle = .plain) -> String {
    var table = TextTable(
      ["minimum", "p50", "p90", "p99", "mean"].map { TextTable.Column($0, .right) })
    let values =
      [milliseconds(percentile: 0)] + [50, 90, 99].map { milliseconds(percentile: $0) }
      + [meanMilliseconds]
    table.append(values.map { Quantity.duration(seconds: $0 / 1e3) })
    return table.text(style, indent: 2)
      + "  \(Quantity.count(nanoseconds.count, "run")), batch \(batch), threads \(threads), "
      + "\(Quantity.short(Int(samplesPerSecond))) samples/s\n" + (profile?.text(style) ?? "")
  }

  /// The measurement for programs: `Schemas/mrdl-benchmark-1.schema.json` describes it.
  package func json(model: String) -> JSONValue {
    .object([
      "model": .string(model),
      "latency_ms": .object([
        "min": .number(milliseconds(percentile: 0)),
        "p50": .number(milliseconds(percentile: 50)),
        "p90": .number(milliseconds(percentile: 90)),
        "p99": .number(milliseconds(percentile: 99)),
        "mean": .number(meanMilliseconds),
      ]),
      "runs": .integer(Int64(nanoseconds.count)),
      "threads": .integer(Int64(threads)),
      "batch": .integer(Int64(batch)),
      "samples_per_second": .finite(samplesPerSecond),
      "profile": profile?.json ?? .null,
    ])
  }
}

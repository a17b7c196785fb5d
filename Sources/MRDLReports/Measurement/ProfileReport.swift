package import MRDLCore
internal import MRDLOperators
package import MRDLRuntime

/// Where the time of a session went, node by node.
package struct ProfileReport: Sendable {
  private let profile: SessionProfile

  package init(_ profile: SessionProfile) { self.profile = profile }

  private func seconds(_ entry: SessionProfile.Entry) -> Double {
    Double(entry.nanoseconds) / Double(max(entry.runCount, 1)) / 1e9
  }

  private func operationsPerSecond(_ entry: SessionProfile.Entry) -> Double {
    let seconds = seconds(entry)
    return seconds > 0 ? Double(entry.cost.operations) / seconds : 0
  }

  /// The times for people, the slowest node first.
  package func text(_ style: TextStyle = .plain) -> String {
    let total = profile.entries.reduce(0) { $0 + seconds($1) }
    var table = TextTable([
      TextTable.Column("node"), TextTable.Column("operator"), TextTable.Column("method"),
      TextTable.Column("time", .right),
      TextTable.Column("share", .right), TextTable.Column("GFLOP/s", .right),
    ])
    for entry in profile.entries.sorted(by: { seconds($0) > seconds($1) }) {
      table.append([
        entry.name, entry.operatorName, entry.method ?? "",
        Quantity.duration(seconds: seconds(entry)),
        total > 0 ? Quantity.fixed(seconds(entry) / total * 100, digits: 1) + " %" : "",
        Quantity.fixed(operationsPerSecond(entry) / 1e9, digits: 2),
      ])
    }
    table.appendRule()
    table.append([
      Quantity.count(profile.entries.count, "node"), "", "", Quantity.duration(seconds: total),
    ])
    return table.text(style)
      + "weights \(Quantity.bytes(profile.weightByteCount)), packed for kernels "
      + "\(Quantity.bytes(profile.packedByteCount))\n"
  }

  /// The times for programs, in the order in which nodes run.
  package var json: JSONValue {
    .array(
      profile.entries.map { entry in
        .object([
          "node": .string(entry.name),
          "operator": .string(entry.operatorName),
          "method": entry.method.map { .string($0) } ?? .null,
          "milliseconds": .finite(seconds(entry) * 1e3),
          "operations": .integer(Int64(entry.cost.operations)),
          "gflops": .finite(operationsPerSecond(entry) / 1e9),
        ])
      })
  }
}

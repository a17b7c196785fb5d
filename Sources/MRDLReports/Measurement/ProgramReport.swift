package import MRDLCore
internal import MRDLOperators
package import MRDLRuntime

/// What a model is when it runs: the nodes that the graph passes leave, how each is computed, and the
/// memory that they share.
package struct ProgramReport: Sendable {
  private let profile: SessionProfile
  private let working: (arena: Int, live: Int)

  /// Runs a session once on inputs that are made up.
  ///
  /// - Parameters:
  ///   - program: the model as it is run.
  ///   - batch: the first axis of every input that leaves it open.
  /// - Throws: `MRDL4001` where an input cannot be made up, and what a run reports.
  package init(_ program: Program, batch: Int) throws(MRDLError) {
    var session = Session(program)
    let inputs = try RandomInputs.values(for: program.inputs, batch: batch)
    // Where shapes depend on data, what runs is known when it has run.
    _ = try session.run(values: inputs)
    session.startProfile()
    try session.run()
    guard let profile = session.currentProfile else {
      preconditionFailure("a session that measures has no profile")
    }
    self.profile = profile
    working = session.workingByteCount
  }

  /// The nodes for people, in the order in which they run.
  package func text(_ style: TextStyle = .plain) -> String {
    var table = TextTable([
      TextTable.Column("node"), TextTable.Column("operator"), TextTable.Column("method"),
      TextTable.Column("MFLOP", .right),
    ])
    for entry in profile.entries {
      table.append([
        entry.name, entry.operatorName, entry.method ?? "",
        Quantity.fixed(Double(entry.cost.operations) / 1e6, digits: 3),
      ])
    }
    let operations = profile.entries.reduce(0.0) { $0 + Double($1.cost.operations) }
    table.appendRule()
    table.append([
      Quantity.count(profile.entries.count, "node"), "", "",
      Quantity.fixed(operations / 1e6, digits: 3),
    ])
    return table.text(style)
      + "weights \(Quantity.bytes(profile.weightByteCount)), packed for kernels "
      + "\(Quantity.bytes(profile.packedByteCount))\n"
      + "working memory \(Quantity.bytes(working.arena)), at least "
      + "\(Quantity.bytes(working.live)) for what lives at one time\n"
  }

  /// The nodes and the memory for programs.
  package var json: JSONValue {
    .object([
      "nodes": .array(
        profile.entries.map { entry in
          .object([
            "node": .string(entry.name),
            "operator": .string(entry.operatorName),
            "method": entry.method.map { .string($0) } ?? .null,
            "operations": .integer(Int64(entry.cost.operations)),
          ])
        }),
      "weight_bytes": .integer(Int64(profile.weightByteCount)),
      "packed_bytes": .integer(Int64(profile.packedByteCount)),
      "working_bytes": .integer(Int64(working.arena)),
      "live_bytes": .integer(Int64(working.live)),
    ])
  }
}

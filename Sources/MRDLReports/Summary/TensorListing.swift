package import MRDLCore
package import MRDLModel

/// The tensors of a model in the order of the file, with what their numbers are like where asked for.
package struct TensorListing: Sendable {
  /// One tensor.
  package struct Entry: Sendable {
    package let info: TensorInfo
    package let digest: Digest?
    /// nil where they were not asked for, or where the type cannot be computed with.
    package let statistics: TensorStatistics?
  }

  package let entries: [Entry]

  /// - Parameter measures: whether every tensor is loaded and measured.
  /// - Throws: an error of loading a tensor.
  package init(_ model: Model, measures: Bool) throws(MRDLError) {
    var entries: [Entry] = []
    for tensor in model.tensors {
      let isMeasured = measures && tensor.info.scalarType.isComputable
      entries.append(
        Entry(
          info: tensor.info, digest: tensor.source.digest,
          statistics: isMeasured ? try TensorStatistics(try tensor.load()) : nil))
    }
    self.entries = entries
  }

  /// The listing for people.
  package func text(_ style: TextStyle = .plain) -> String {
    let measures = entries.contains { $0.statistics != nil }
    var columns = [
      TextTable.Column("tensor"), TextTable.Column("type"), TextTable.Column("shape"),
      TextTable.Column("axes"), TextTable.Column("bytes", .right),
    ]
    if measures {
      columns += ["minimum", "maximum", "mean", "std", "zeros", "nonfinite"].map {
        TextTable.Column($0, .right)
      }
    }
    var table = TextTable(columns)
    for entry in entries {
      var cells = [
        entry.info.name, entry.info.scalarType.rawValue, entry.info.shape.description,
        entry.info.axes ?? "", entry.info.byteCount.map(Quantity.grouped) ?? "?",
      ]
      if let statistics = entry.statistics {
        cells += [
          statistics.minimum, statistics.maximum, statistics.mean, statistics.standardDeviation,
        ].map { $0.map { Quantity.significant($0, digits: 4) } ?? "" }
        cells += [statistics.zeroCount, statistics.nonfiniteCount].map(Quantity.grouped)
      }
      table.append(cells)
    }
    return table.text(style)
  }

  /// The listing for programs.
  package var json: JSONValue {
    .array(
      entries.map { entry in
        .object([
          "name": .string(entry.info.name),
          "type": .string(entry.info.scalarType.rawValue),
          "shape": .integers(entry.info.shape.dimensions),
          "axes": entry.info.axes.map { .string($0) } ?? .null,
          "bytes": entry.info.byteCount.map { .integer(Int64($0)) } ?? .null,
          "sha256": entry.digest.map { .string($0.hexadecimal) } ?? .null,
          "statistics": entry.statistics?.json ?? .null,
        ])
      })
  }
}

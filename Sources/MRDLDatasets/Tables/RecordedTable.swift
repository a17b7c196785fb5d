package import MRDLCore
package import MRDLModel

/// A table as the recipe in a model says that such tables are written.
package enum RecordedTable {
  /// Reads a CSV file with the separator, the header and the names of columns that the model was trained
  /// with; a file that names its columns itself is read by those names.
  package static func read(_ path: String, for model: Model) throws(MRDLError) -> Table {
    let record = model.training
    var names: [String] = []
    if case .array(let elements)? = record?.recipe["data"]?["columns"] {
      names = elements.compactMap { if case .string(let name) = $0 { name } else { nil } }
    }
    let options = CSVOptions(
      separator: record?.dataWord("separator").flatMap { CSVOptions.Separator(rawValue: $0) }
        ?? .auto,
      header: record?.dataWord("header").flatMap { CSVOptions.Header(rawValue: $0) } ?? .auto)
    let table = try CSV.read(path, options: options)
    return table.columnNames.count == names.count && table.columnNames.first == "x1"
      ? try table.renamed(names) : table
  }

  /// The column that was the target of the training.
  package static func target(of model: Model) -> String? {
    model.training?.dataWord("target")
  }

  /// What the training did where cells are missing.
  package static func missing(of model: Model) -> TableFeatures.Missing {
    model.training?.dataWord("missing").flatMap { TableFeatures.Missing(rawValue: $0) } ?? .mean
  }

  /// How many values a model of a series forecasts at once, from the row of its answer on; nil for others.
  package static func horizon(of model: Model) -> Int? {
    guard let value = model.training?.recipe["data"]?["forecast"]?["horizon"] else { return nil }
    return try? JSONCursor(value).integer(in: 1...65_536)
  }
}

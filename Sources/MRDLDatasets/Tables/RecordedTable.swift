package import MRDLCore
package import MRDLModel

/// A table as the recipe in a model says that such tables are written.
package enum RecordedTable {
  /// Reads a CSV file with the separator, the header and the names of columns that the model was trained
  /// with; a file that names its columns itself is read by those names.
  package static func read(_ path: String, for model: Model) throws(MRDLError) -> Table {
    let data = model.training?.recipe["data"]
    func word(_ key: String) -> String? {
      if case .string(let text)? = data?[key] { text } else { nil }
    }
    var names: [String] = []
    if case .array(let elements)? = data?["columns"] {
      names = elements.compactMap { if case .string(let name) = $0 { name } else { nil } }
    }
    let options = CSVOptions(
      separator: word("separator").flatMap { CSVOptions.Separator(rawValue: $0) } ?? .auto,
      header: word("header").flatMap { CSVOptions.Header(rawValue: $0) } ?? .auto)
    let table = try CSV.read(path, options: options)
    return table.columnNames.count == names.count && table.columnNames.first == "x1"
      ? try table.renamed(names) : table
  }

  /// The column that was the target of the training.
  package static func target(of model: Model) -> String? {
    if case .string(let name)? = model.training?.recipe["data"]?["target"] { name } else { nil }
  }

  /// What the training did where cells are missing.
  package static func missing(of model: Model) -> TableFeatures.Missing {
    guard case .string(let word)? = model.training?.recipe["data"]?["missing"] else { return .mean }
    return TableFeatures.Missing(rawValue: word) ?? .mean
  }

  /// How many values a model of a series forecasts at once, from the row of its answer on; nil for others.
  package static func horizon(of model: Model) -> Int? {
    guard let value = model.training?.recipe["data"]?["forecast"]?["horizon"] else { return nil }
    return try? JSONCursor(value).integer(in: 1...65_536)
  }
}

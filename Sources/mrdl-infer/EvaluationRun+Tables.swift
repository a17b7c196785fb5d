import MRDLCore
import MRDLDatasets
import MRDLMetrics
import MRDLModel

extension EvaluationRun {
  /// Runs the model on the rows of a CSV file.
  mutating func evaluateTable(_ path: String) throws(MRDLError) {
    let table = try RecordedTable.read(path, for: runner.model)
    let features: FeaturePreprocessing
    if let named = runner.rowFeatures {
      features = named
    } else {
      features = try plainFeatures(of: table)
    }
    let missing = RecordedTable.missing(of: runner.model)
    let rows = try TableFeatures(features, of: table, missing: missing)
    let column =
      try RecordedTable.target(of: runner.model).map { (name) throws(MRDLError) in
        try table.column(name)
      } ?? table.columnNames.count - 1
    // Rows that the training would have left out do not count.
    let kept = rows.rows.filter { missing != .drop || rows.isComplete($0) }
    guard !kept.isEmpty else {
      throw MRDLError(.badDataset, "no row has all its cells", at: Place(file: path))
    }
    for range in batches(of: kept.count, size: kept.count) {
      let answers = try scores([try runner.rows(filled(range).map { kept[$0] }, of: rows, path)])
      for (row, answer) in zip(kept[range], answers) {
        if isRegression {
          try add(answer, from: row, column: column, of: table)
        } else if let word = table.word(row: row, column: column) {
          evaluation.add(
            scores: answer, label: try label(word, table.classNames, "row \(row + 1)"))
        }
      }
    }
  }

  /// Counts the quantities that were told for the rows from one on; a forecast counts where all that it is about is
  /// known.
  private mutating func add(
    _ answer: [Double], from row: Int, column: Int, of table: Table
  ) throws(MRDLError) {
    let targets = row..<row + answer.count
    guard targets.upperBound <= table.rowCount else { return }
    var known: [Double] = []
    for row in targets {
      if let number = try table.number(row: row, column: column) { known.append(number) }
    }
    guard known.count == answer.count else { return }
    for (prediction, target) in zip(answer, known) {
      evaluation.add(prediction: prediction, target: target)
    }
  }

  /// All columns but the last one in their order, for a model that takes as many numbers and names none.
  private func plainFeatures(of table: Table) throws(MRDLError) -> FeaturePreprocessing {
    let names = Array(table.columnNames.dropLast())
    let shape = try runner.freeInput().shape
    guard shape?.rank == 2, shape?.dimensions[1].value ?? names.count == names.count else {
      throw MRDLError(
        .wrongInput, "the model does not take such rows",
        found: "\(names.count) columns before the last one",
        expected: shape.map { "\($0)" } ?? "[N, features]", at: Place(file: path))
    }
    return FeaturePreprocessing(names: names)
  }
}

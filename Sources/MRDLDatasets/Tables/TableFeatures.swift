package import MRDLCore
package import MRDLModel

/// Makes inputs of rows as the header of a model says: (x − mean) / std for each feature in double precision,
/// a missing cell being the mean.
package struct TableFeatures: Sendable {
  /// What becomes of a cell that is missing.
  package enum Missing: String, Sendable {
    /// It is the mean that the model states.
    case mean
    /// The same; those who measure leave such rows out.
    case drop
    /// It is the number before it in its column, or, where there is none, the first one of all.
    case previous
  }

  package let table: Table
  package let features: [TableFeature]
  private let mean: [Double]
  private let deviation: [Double]
  private let missing: Missing

  /// - Throws: `MRDL5001` where the table lacks a column.
  package init(
    _ preprocessing: FeaturePreprocessing, of table: Table, missing: Missing = .mean
  ) throws(MRDLError) {
    self.table = table
    self.missing = missing
    var features: [TableFeature] = []
    for name in preprocessing.names { features.append(try TableFeature(name, of: table)) }
    self.features = features
    // One number stands for all features.
    func spread(_ numbers: [Double]) -> [Double] {
      numbers.count == 1 ? [Double](repeating: numbers[0], count: features.count) : numbers
    }
    mean = spread(preprocessing.mean)
    deviation = spread(preprocessing.standardDeviation)
  }

  /// The rows that have all rows that a feature asks for. Where every feature is one of rows before, the rows
  /// that follow the table are among them: forecasts.
  package var rows: Range<Int> {
    let reaches = features.map(\.reach)
    let end = table.rowCount + (reaches.min() ?? 0)
    return min(reaches.max() ?? 0, end)..<end
  }

  /// Inputs of some rows, `f64` [rows, features].
  ///
  /// - Throws: `MRDL5001` for a word where a number is needed, or a missing number without a mean.
  package func inputs(_ rows: some Collection<Int>) throws(MRDLError) -> Tensor {
    var numbers: [Double] = []
    numbers.reserveCapacity(rows.count * features.count)
    for row in rows {
      for (index, feature) in features.enumerated() {
        var number = try feature.value(of: table, row: row)
        if number == nil { number = try substitute(feature, index, row) }
        guard let value = number else {
          throw MRDLError(
            .badDataset, "a cell is missing, and the model has no mean for it",
            at: Place(file: table.name, path: "row \(row + 1), feature \"\(feature.name)\""))
        }
        numbers.append(
          (value - (mean.isEmpty ? 0 : mean[index])) / (deviation.isEmpty ? 1 : deviation[index]))
      }
    }
    return Tensor(numbers, shape: Shape([rows.count, features.count]))
  }

  /// Whether a row has all cells that the features ask for.
  package func isComplete(_ row: Int) -> Bool {
    features.allSatisfy { table.word(row: row - $0.reach, column: $0.column) != nil }
  }

  /// The number in place of a missing one, nil where there is none.
  ///
  /// - Complexity: O(rows up to the number that stands for it).
  private func substitute(
    _ feature: TableFeature, _ index: Int, _ row: Int
  ) throws(MRDLError) -> Double? {
    guard missing == .previous else { return mean.isEmpty ? nil : mean[index] }
    let own = row - feature.reach
    for row in stride(from: own - 1, through: 0, by: -1) {
      if let number = try table.number(row: row, column: feature.column) { return number }
    }
    for row in own..<table.rowCount {
      if let number = try table.number(row: row, column: feature.column) { return number }
    }
    return nil
  }
}

package import MRDLCore
package import MRDLModel

/// Makes inputs of rows as the header of a model says: (x − mean) / std for each feature in double precision,
/// a missing cell being the mean.
package struct TableFeatures: Sendable {
  package let table: Table
  package let features: [TableFeature]
  private let mean: [Double]
  private let deviation: [Double]

  /// - Throws: `MRDL5001` where the table lacks a column.
  package init(_ preprocessing: FeaturePreprocessing, of table: Table) throws(MRDLError) {
    self.table = table
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
        guard
          let value = try feature.value(of: table, row: row)
            ?? (mean.isEmpty ? nil : mean[index])
        else {
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
}

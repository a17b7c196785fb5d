internal import MRDLCore
internal import MRDLDatasets
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLTraining

/// A table parted into rows to learn from, to validate and to measure, with what is learned from the first
/// part alone: words, means and deviations.
struct TableSplit {
  private let table: Table
  private let recipe: Recipe
  private let target: Int
  private let isClassification: Bool
  private let classNames: [String]
  private let features: [String]
  private let split: SampleSplit
  /// How the model that is gone on from makes inputs of rows.
  private let stated: FeaturePreprocessing?

  /// - Parameter base: the model that the recipe goes on from.
  /// - Throws: `MRDL5001` where the table lacks a column or has no rows for a part.
  init(_ table: Table, _ recipe: Recipe, _ base: BaseModel? = nil) throws(MRDLError) {
    if case .features(let features)? = base?.preprocessing {
      stated = features
    } else {
      stated = nil
    }
    self.table = table
    self.recipe = recipe
    let data = recipe.data
    let target =
      try data.target.map { (name) throws(MRDLError) in try table.column(name) }
      ?? table.columnNames.count - 1
    self.target = target
    isClassification =
      data.task.map { $0 == .classification } ?? recipe.loss.takesClasses
    for name in data.ignored + data.categorical { _ = try table.column(name) }
    let columns =
      stated?.names ?? data.features
      ?? table.columnNames.indices.filter {
        $0 != target && !data.ignored.contains(table.columnNames[$0])
      }.map { table.columnNames[$0] }
    // Features as they are named, before categories are spread out.
    var plain: [TableFeature] = []
    for name in columns { plain.append(try TableFeature(name, of: table)) }
    var rows = Array((plain.map(\.reach).max() ?? 0)..<table.rowCount)
    rows = rows.filter { row in
      guard table.word(row: row, column: target) != nil else { return false }
      if data.missing == .mean { return true }
      return plain.allSatisfy { table.word(row: row - $0.reach, column: $0.column) != nil }
    }
    if isClassification {
      let words = table.words(column: target, rows: rows)
      let isNumbered =
        table.classNames.count >= words.count
        && words.allSatisfy { Int($0).map(table.classNames.indices.contains) ?? false }
      classNames = isNumbered ? table.classNames : words
    } else {
      classNames = []
    }
    let testShare = data.testShare ?? 0.2
    split =
      data.isOrdered
      ? SampleSplit(inOrder: rows, testShare: testShare, validationShare: recipe.validationShare)
      : SampleSplit(
        rows, testShare: testShare, validationShare: recipe.validationShare, seed: recipe.seed,
        classes: isClassification ? { table.word(row: $0, column: target) ?? "" } : nil)
    guard split.training.count > 1 else {
      throw MRDLError(
        .badDataset, "there are too few rows to learn from", found: "\(split.training.count)",
        expected: "2 or more", at: Place(file: table.name))
    }
    features = stated?.names ?? Self.spread(plain, table, data, rows: split.training)
  }

  /// Categories become a feature for each word that the training rows have; columns in which cells are
  /// missing there tell so in a feature of their own.
  private static func spread(
    _ plain: [TableFeature], _ table: Table, _ data: DataRecipe, rows: [Int]
  ) -> [String] {
    plain.flatMap { feature -> [String] in
      guard feature.kind == .number else { return [feature.name] }
      let isCategory =
        data.categorical.contains(feature.name) || !table.isNumeric(column: feature.column)
      let misses = rows.contains { table.word(row: $0, column: feature.column) == nil }
      let words =
        isCategory
        ? table.words(column: feature.column, rows: rows).map { "\(feature.name)=\($0)" }
        : [feature.name]
      return words + (misses ? ["\(feature.name)="] : [])
    }
  }

  // MARK: Samples

  func data() throws(MRDLError) -> RecipeData {
    let preprocessing: FeaturePreprocessing
    if let stated { preprocessing = stated } else { preprocessing = try standardization() }
    let inputs = try TableFeatures(preprocessing, of: table)
    let scaling = isClassification ? nil : try targetScaling()
    func samples(_ rows: [Int]) throws(MRDLError) -> TableSamples? {
      rows.isEmpty ? nil : try self.samples(rows, inputs, scaling)
    }
    return RecipeData(
      name: table.name, training: try self.samples(split.training, inputs, scaling),
      validation: try samples(split.validation), test: try samples(split.test),
      classNames: classNames,
      targetNames: isClassification ? [] : [table.columnNames[target]],
      preprocessing: .features(preprocessing), scaling: scaling, digest: table.digest,
      targetColumn: table.columnNames[target])
  }

  private func samples(
    _ rows: [Int], _ features: TableFeatures, _ scaling: Standardization?
  ) throws(MRDLError) -> TableSamples {
    let inputs = try features.inputs(rows)
    guard isClassification else {
      var targets: [Double] = []
      for row in rows {
        let value = try table.number(row: row, column: target) ?? 0
        targets.append(
          scaling.map { (value - $0.mean[0]) / $0.deviation[0] } ?? value)
      }
      return TableSamples(inputs: inputs, targets: targets, targetCount: 1, scaling: scaling)
    }
    let isNumbered = classNames == table.classNames && !classNames.isEmpty
    let labels = rows.map { row in
      let word = table.word(row: row, column: target) ?? ""
      return isNumbered ? Int(word) ?? 0 : classNames.firstIndex(of: word) ?? 0
    }
    return TableSamples(
      inputs: inputs, labels: labels, isBinary: recipe.loss == .binaryCrossEntropy)
  }

  /// Mean and deviation of each feature over the training rows; features of words are left as they are.
  private func standardization() throws(MRDLError) -> FeaturePreprocessing {
    var result = FeaturePreprocessing(names: features)
    for name in features {
      let feature = try TableFeature(name, of: table)
      var values: [Double] = []
      for row in split.training {
        if let value = try feature.value(of: table, row: row) { values.append(value) }
      }
      guard !values.isEmpty else {
        throw MRDLError(
          .badDataset, "no training row has a number in a column", found: "\"\(name)\"",
          at: Place(file: table.name))
      }
      var (mean, deviation) = Standardization.moments(values)
      if case .word = feature.kind { (mean, deviation) = (0, 1) }
      let misses = values.count < split.training.count
      result.mean.append(recipe.data.standardizes || misses ? mean : 0)
      result.standardDeviation.append(recipe.data.standardizes ? deviation : 1)
    }
    return result
  }

  private func targetScaling() throws(MRDLError) -> Standardization? {
    // A model that keeps its end gives quantities in their own units.
    guard recipe.data.standardizes, !recipe.keepsEnd else { return nil }
    var values: [Double] = []
    for row in split.training {
      if let value = try table.number(row: row, column: target) { values.append(value) }
    }
    let (mean, deviation) = Standardization.moments(values)
    return Standardization(mean: [mean], deviation: [deviation])
  }
}

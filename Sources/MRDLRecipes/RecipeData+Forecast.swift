internal import MRDLCore
internal import MRDLDatasets
internal import MRDLModel
internal import MRDLTraining

extension RecipeData {
  /// Windows of a column, parted in time: a forecast belongs to a part where all its targets do, and may look back
  /// at the rows of the part before.
  ///
  /// - Throws: `MRDL5001` where the column has a word in it, begins with missing cells only, has a number without
  ///   logarithm where it is taken, or is too short.
  static func forecast(
    _ table: Table, _ forecast: ForecastRecipe, _ recipe: Recipe
  ) throws(MRDLError) -> RecipeData {
    let data = recipe.data
    let column =
      try data.target.map { (name) throws(MRDLError) in try table.column(name) }
      ?? table.columnNames.count - 1
    let name = table.columnNames[column]
    guard !recipe.loss.takesClasses, data.task != .classification else {
      throw MRDLError(
        .badRecipe, "a forecast is a quantity, and the loss is for classes",
        found: recipe.loss.rawValue, expected: "quadratic, absolute or huber", at: Place("/loss"))
    }
    guard data.missing != .mean, data.features == nil, data.categorical.isEmpty else {
      throw MRDLError(
        .badRecipe, "a forecast is made from the column alone",
        expected: "no features, no categorical columns, and missing cells of previous or drop",
        at: Place("/data"))
    }
    let (values, isMissing) = try series(table, column, forecast)
    var transform = ForecastTransform(forecast)
    let split = SampleSplit(
      inOrder: Array(values.indices), testShare: data.testShare ?? 0.2,
      validationShare: recipe.validationShare)
    func origins(_ rows: [Int]) -> [Int] {
      guard let first = rows.first, let last = rows.last else { return [] }
      let start = max(first, forecast.window, forecast.season)
      return (start..<max(start, last + 2 - forecast.horizon)).filter { origin in
        let targets = origin..<origin + forecast.horizon
        let window = data.missing == .drop ? origin - forecast.window..<origin : origin..<origin
        return !targets.contains { isMissing[$0] } && !window.contains { isMissing[$0] }
      }
    }
    let training = origins(split.training)
    guard training.count > 1 else {
      throw MRDLError(
        .badDataset, "the series is too short to learn from",
        found: "\(Quantity.count(split.training.count, "row")) for training",
        expected: "more than \(max(forecast.window, forecast.season) + forecast.horizon)",
        at: Place(file: table.name))
    }
    if data.standardizes {
      let levels = transform.levels(of: Array(values[..<split.training.count]))
      (transform.mean, transform.deviation) = Standardization.moments(
        transform.differenced(levels))
      // Differences below what f32 tells apart at such levels are rounding, not news.
      let resolution = (levels.map(\.magnitude).max() ?? 0) * 1e-7
      if transform.deviation < resolution { transform.deviation = 1 }
    }
    func samples(_ origins: [Int]) -> ForecastSamples? {
      origins.isEmpty
        ? nil : ForecastSamples(values: values, origins: origins, transform: transform)
    }
    return RecipeData(
      name: table.name,
      training: ForecastSamples(values: values, origins: training, transform: transform),
      validation: samples(origins(split.validation)), test: samples(origins(split.test)),
      classNames: [],
      targetNames: forecast.horizon == 1
        ? [name] : (0..<forecast.horizon).map { "\(name)@\($0)" },
      preprocessing: .features(
        FeaturePreprocessing(
          names: (1...forecast.window).reversed().map { "\(name)@-\($0)" })),
      forecast: transform, digest: table.digest, targetColumn: name, sampleNoun: "forecast")
  }

  /// The numbers of a column, a missing one being the one before it.
  private static func series(
    _ table: Table, _ column: Int, _ forecast: ForecastRecipe
  ) throws(MRDLError) -> (values: [Double], isMissing: [Bool]) {
    var values: [Double] = []
    var isMissing: [Bool] = []
    var last: Double?
    for row in 0..<table.rowCount {
      let number = try table.number(row: row, column: column)
      if let number, forecast.takesLogarithm, number <= 0 {
        throw MRDLError(
          .badDataset, "a number has no logarithm", found: "\(number)",
          expected: "numbers above zero, or data.forecast.log false",
          at: Place(
            file: table.name, path: "row \(row + 1), column \"\(table.columnNames[column])\""))
      }
      last = number ?? last
      values.append(last ?? .nan)
      isMissing.append(number == nil)
    }
    guard let first = values.first(where: { !$0.isNaN }) else {
      throw MRDLError(
        .badDataset, "a column holds no numbers", found: "\"\(table.columnNames[column])\"",
        at: Place(file: table.name))
    }
    return (values.map { $0.isNaN ? first : $0 }, isMissing)
  }
}

import MRDLCore
import MRDLMetrics
import MRDLModel
import MRDLRecipes
import MRDLReports
import MRDLRuntime
import MRDLTraining

/// The pictures and the page of a training, in a directory.
struct ReportDirectory {
  let path: String

  /// Writes each picture as SVG and as PNG, and `index.html`, which holds them all.
  func write(_ model: Model, _ run: RecipeRun) throws(MRDLError) {
    try FileSystem.createDirectory(path)
    var page = TrainingPage(model)
    if let scores = run.scores {
      if let confusion = scores.evaluation.confusion {
        page.add("confusion", ConfusionPicture(confusion, labels: run.data.classNames).drawing)
      } else {
        page.add("predictions", predictions(scores, run).drawing)
      }
    }
    if let forecasts = forecasts(run) { page.add("forecast", forecasts.drawing) }
    if let fit = try fitLine(model, run) { page.add("fit", fit.drawing) }
    if let boundary = try decisionBoundary(model, run) { page.add("boundary", boundary.drawing) }
    if let mistakes = mistakes(model, run) { page.add("mistakes", mistakes.drawing) }
    if let filters = try FilterPicture(model) { page.add("filters", filters.drawing) }
    for picture in page.pictures {
      try write(Array(picture.drawing.svg.utf8), picture.name + ".svg")
      try write(picture.drawing.png(), picture.name + ".png")
    }
    try write(Array(page.html.utf8), "index.html")
  }

  private func write(_ bytes: [UInt8], _ name: String) throws(MRDLError) {
    var file = try AtomicFile(path: FileSystem.join(path, name), replacing: true)
    try file.write(bytes)
    try file.commit()
  }

  /// The pictures that the model is most wrong about; nil where it makes no mistakes, or has no pictures.
  private func mistakes(_ model: Model, _ run: RecipeRun) -> MistakePicture? {
    guard let scores = run.scores, let samples = run.scoredSamples as? PictureSamples,
      scores.outputs.count == samples.sampleCount
    else { return nil }
    let scale = model.meanings[model.graph.outputs[0].name]?.scale
    let all = MistakePicture.mistakes(
      { Answer.probabilities(of: scores.outputs[$0], scale: scale) },
      labels: (0..<samples.sampleCount).map { samples.label(ofSample: $0) })
    guard !all.isEmpty else { return nil }
    let shown = Array(all.prefix(MistakePicture.capacity))
    return MistakePicture(
      shown, shown.map { samples.image(ofSample: $0.sample) }, labels: run.data.classNames,
      mistakeCount: all.count, split: run.scoredSplit)
  }

  /// What the model says against what is.
  private func predictions(_ scores: SampleEvaluation, _ run: RecipeRun) -> Plot {
    // At a step, not every quantity need be known.
    let pairs = zip(scores.targets.numbers, scores.outputs.numbers).filter { !$0.0.isNaN }
    let targets = pairs.map(\.0)
    let low = targets.min() ?? 0
    let high = targets.max() ?? 1
    return Plot(
      "Predictions (\(run.scoredSplit))", x: "target", y: "prediction",
      [
        Plot.Series("", .ink, .line([Plot.Point(low, low), Plot.Point(high, high)])),
        Plot.Series(
          "", .palette(0), .points(pairs.map { Plot.Point($0, $1) })),
      ])
  }

  /// The end of a series and what was forecast of it: whole horizons, one after the other, each from all that
  /// was known when it begins.
  private func forecasts(_ run: RecipeRun) -> Plot? {
    guard let samples = run.scoredSamples as? ForecastSamples, let scores = run.scores,
      let forecast = run.recipe.data.forecast, let first = samples.origins.first
    else { return nil }
    func line(_ rows: Range<Int>, _ values: [Double]) -> [Plot.Point] {
      zip(rows, values).map { Plot.Point(Double($0 + 1), $1) }
    }
    var naive: [Plot.Point] = []
    var model: [Plot.Point] = []
    var end = first
    for (index, origin) in samples.origins.enumerated() where origin >= end {
      end = origin + forecast.horizon
      model += line(origin..<end, scores.outputs[index])
      naive += line(origin..<end, samples.naive(ofSample: index, season: forecast.season))
    }
    let known = max(0, first - max(forecast.window, forecast.season))..<end
    return Plot(
      "Forecasts of \(forecast.horizon) (\(run.scoredSplit))", x: "row",
      y: run.data.targetColumn ?? "",
      [
        Plot.Series("seasonal naive", .palette(4), .line(naive)),
        Plot.Series("truth", .ink, .line(line(known, Array(samples.values[known])))),
        Plot.Series("forecast", .palette(1), .line(model)),
      ])
  }

  /// The inputs of some samples in the units of the data, a row a sample.
  private func rows(_ samples: any TrainingData, _ features: FeaturePreprocessing) -> [[Double]] {
    let count = features.names.count
    guard let table = samples as? TableSamples else { return [] }
    let numbers = table.inputs.elements(as: Double.self)
    return (0..<samples.sampleCount).map { row in
      (0..<count).map {
        numbers[row * count + $0] * features.standardDeviation[$0] + features.mean[$0]
      }
    }
  }

  /// What the model gives for rows in the units of the data.
  private func outputs(
    _ model: Model, _ rows: [[Double]], _ features: FeaturePreprocessing
  ) throws(MRDLError) -> [[Double]] {
    let numbers = rows.flatMap { row in
      row.indices.map { (row[$0] - features.mean[$0]) / features.standardDeviation[$0] }
    }
    let shape = Shape([rows.count, features.names.count])
    let input = model.graph.inputs[0]
    var session = Session(try Program(model))
    let tensor =
      input.scalarType == .float64
      ? Tensor(numbers, shape: shape) : Tensor(numbers.map { Float($0) }, shape: shape)
    guard let output = try session.run([input.name: tensor])[model.graph.outputs[0].name] else {
      return []
    }
    let values = try Answer.numbers(in: output)
    let columns = values.count / max(rows.count, 1)
    return rows.indices.map { Array(values[$0 * columns..<($0 + 1) * columns]) }
  }

  /// The curve of a model of one quantity by one feature, over its data.
  private func fitLine(_ model: Model, _ run: RecipeRun) throws(MRDLError) -> Plot? {
    guard case .features(let features) = run.data.preprocessing, features.names.count == 1,
      features.mean.count == 1, features.standardDeviation.count == 1, let scores = run.scores,
      !run.data.isClassification
    else { return nil }
    let xs = rows(run.scoredSamples, features).map { $0[0] }
    guard let low = xs.min(), let high = xs.max(), low < high else { return nil }
    let grid = (0...200).map { [low + (high - low) * Double($0) / 200] }
    let curve = zip(grid, try outputs(model, grid, features)).map { Plot.Point($0[0], $1[0]) }
    return Plot(
      "Fit (\(run.scoredSplit))", x: features.names[0], y: run.data.targetNames[0],
      [
        Plot.Series(
          "data", .palette(0), .points(zip(xs, scores.targets.numbers).map { Plot.Point($0, $1) })),
        Plot.Series("model", .palette(1), .line(curve)),
      ])
  }

  /// The classes that the model gives over the plane of two features, under its data.
  private func decisionBoundary(_ model: Model, _ run: RecipeRun) throws(MRDLError) -> Plot? {
    guard case .features(let features) = run.data.preprocessing, features.names.count == 2,
      features.mean.count == 2, features.standardDeviation.count == 2,
      let scores = run.scores, run.data.isClassification
    else { return nil }
    let points = rows(run.scoredSamples, features)
    func range(_ axis: Int) -> ClosedRange<Double> {
      let values = points.map { $0[axis] }
      let low = values.min() ?? 0
      let high = values.max() ?? 1
      let margin = max(high - low, 1e-9) * 0.05
      return low - margin...high + margin
    }
    let (x, y) = (range(0), range(1))
    let side = 120
    func middle(_ index: Int, _ range: ClosedRange<Double>) -> Double {
      range.lowerBound
        + (Double(index) + 0.5) / Double(side) * (range.upperBound - range.lowerBound)
    }
    let grid = (0..<side * side).map { [middle($0 % side, x), middle($0 / side, y)] }
    let classes = try outputs(model, grid, features).map { row in
      row.indices.max { row[$0] < row[$1] } ?? 0
    }
    var series = [Plot.Series("", .palette(0), .cells(columns: side, colors: classes, x: x, y: y))]
    for (index, name) in run.data.classNames.enumerated() {
      let members = zip(points, scores.targets.numbers).filter { $0.1 == Double(index) }
      series.append(
        Plot.Series(name, .palette(index), .points(members.map { Plot.Point($0.0[0], $0.0[1]) })))
    }
    return Plot(
      "Decision boundary (\(run.scoredSplit))", x: features.names[0], y: features.names[1], series)
  }
}

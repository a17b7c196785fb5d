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
}

import MRDLCore
import MRDLModel
import MRDLRecipes
import MRDLReports
import MRDLRuntime
import MRDLTraining

/// Pictures of models of one or two features.
extension ReportDirectory {
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
  func fitLine(_ model: Model, _ run: RecipeRun) throws(MRDLError) -> Plot? {
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
  func decisionBoundary(_ model: Model, _ run: RecipeRun) throws(MRDLError) -> Plot? {
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

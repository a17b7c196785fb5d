import MRDLCore
import MRDLDatasets
import MRDLMetrics
import MRDLModel

extension EvaluationRun {
  /// Runs the model on the series of a file.
  mutating func evaluateSeries(_ path: String) throws(MRDLError) {
    let series = try SeriesFile.read(path)
    let inputs = runner.model.graph.inputs
    guard let shape = inputs.first(where: { $0.name != lengthInput?.name })?.shape, shape.rank == 3,
      shape[1].value == series.channelCount, let stepCount = shape[2].value
    else {
      throw MRDLError(
        .wrongInput, "the model does not take such series",
        found: "series of \(series.channelCount) channels",
        expected: inputs.map(\.description).joined(separator: ", "), at: Place(file: path))
    }
    for range in batches(of: series.elements.count, size: batch) {
      var samples: [Runner.Sample] = []
      for index in filled(range) {
        let element = series.elements[index]
        guard element.length == stepCount || lengthInput != nil && element.length < stepCount else {
          throw MRDLError(
            .wrongInput, "the model takes series of another length", found: "\(element.length)",
            expected: lengthInput == nil ? "\(stepCount)" : "up to \(stepCount)",
            at: Place(file: path, path: "series \(index + 1)"))
        }
        var values = [Float](repeating: 0, count: series.channelCount * stepCount)
        var span = values.mutableSpan
        element.copy(padding: stepCount, into: &span)
        samples.append(
          Runner.Sample(
            path: path, tensor: Tensor(values, shape: Shape([1, series.channelCount, stepCount])),
            isPicture: false))
      }
      if let lengthInput {
        runner.give(
          lengthInput.name, Tensor(filled(range).map { Int32(series.elements[$0].length) }))
      }
      for (index, answer) in zip(range, try scores(samples)) {
        evaluation.add(
          scores: answer,
          label: try label(
            series.classNames[series.elements[index].label], [], "series \(index + 1)"))
      }
    }
  }
}

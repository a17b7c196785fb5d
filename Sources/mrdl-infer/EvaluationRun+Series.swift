import MRDLCore
import MRDLDatasets
import MRDLMetrics
import MRDLModel

extension EvaluationRun {
  /// Runs the model on the series of a file.
  mutating func evaluateSeries(_ path: String) throws(MRDLError) {
    let series = try SeriesFile.read(path)
    let inputs = runner.model.graph.inputs
    let lengths = inputs.first { $0.scalarType == .int32 && $0.shape?.rank == 1 }
    guard let shape = inputs.first(where: { $0.name != lengths?.name })?.shape, shape.rank == 3,
      shape[1].value == series.channelCount, let stepCount = shape[2].value
    else {
      throw MRDLError(
        .wrongInput, "the model does not take such series",
        found: "series of \(series.channelCount) channels",
        expected: inputs.map(\.description).joined(separator: ", "), at: Place(file: path))
    }
    for start in stride(from: 0, to: series.elements.count, by: batch) {
      let range = start..<min(start + batch, series.elements.count)
      var samples: [Runner.Sample] = []
      for index in range {
        let element = series.elements[index]
        guard element.length == stepCount || lengths != nil && element.length < stepCount else {
          throw MRDLError(
            .wrongInput, "the model takes series of another length", found: "\(element.length)",
            expected: lengths == nil ? "\(stepCount)" : "up to \(stepCount)",
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
      if let lengths {
        runner.give(lengths.name, Tensor(range.map { Int32(series.elements[$0].length) }))
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

internal import MRDLCore
internal import MRDLDatasets
internal import MRDLTraining

extension RecipeData {
  /// Series of a collection, with a part of the training file held back for validation, and where there is no file
  /// for testing, another part for that.
  static func series(_ path: String, _ recipe: Recipe) throws(MRDLError) -> RecipeData {
    let pair = try SeriesPair(path)
    let all = pair.training
    guard recipe.loss.takesClasses || recipe.data.task == .classification else {
      throw MRDLError(
        .badRecipe, "the series have classes, and the loss is for quantities",
        found: recipe.loss.rawValue, expected: "cross-entropy", at: Place("/loss"))
    }
    let split = SampleSplit(
      Array(all.elements.indices),
      testShare: pair.test == nil ? recipe.data.testShare ?? 0.2 : 0,
      validationShare: recipe.validationShare, seed: recipe.seed,
      classes: { all.classNames[all.elements[$0].label] })
    guard !split.training.isEmpty else {
      throw MRDLError(
        .badDataset, "there are too few series to learn from", found: "\(all.elements.count)",
        at: Place(file: path))
    }
    let files = [all] + (pair.test.map { [$0] } ?? [])
    let stepCount = files.map(\.stepCount).max() ?? 0
    let hasLengths = files.contains { file in
      file.elements.contains { $0.length != stepCount }
    }
    func samples(_ elements: [LabelledSeries.Element]) -> SeriesSamples? {
      elements.isEmpty
        ? nil
        : SeriesSamples(
          elements, channelCount: all.channelCount, stepCount: stepCount, hasLengths: hasLengths,
          isBinary: recipe.loss == .binaryCrossEntropy)
    }
    let learned = split.training.map { all.elements[$0] }
    guard let training = samples(learned) else { preconditionFailure("series to learn from") }
    return RecipeData(
      name: all.name, training: training,
      validation: samples(split.validation.map { all.elements[$0] }),
      test: samples(pair.test?.elements ?? split.test.map { all.elements[$0] }),
      classNames: all.classNames, targetNames: [],
      inputScaling: recipe.data.standardizes && recipe.base == nil
        ? standardization(learned, channelCount: all.channelCount) : nil,
      digest: all.digest, testDigest: pair.test?.digest, sampleNoun: "series")
  }

  /// The mean and the deviation of each channel over all steps of some series.
  private static func standardization(
    _ elements: [LabelledSeries.Element], channelCount: Int
  ) -> Standardization {
    var result = Standardization(mean: [], deviation: [])
    for channel in 0..<channelCount {
      let values = elements.flatMap { element in
        element.values[channel * element.length..<(channel + 1) * element.length].map(Double.init)
      }
      let (mean, deviation) = Standardization.moments(values)
      result.mean.append(mean)
      result.deviation.append(deviation)
    }
    return result
  }
}

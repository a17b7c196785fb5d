package import MRDLCore
internal import MRDLDatasets
internal import MRDLInterchange
package import MRDLModel
internal import MRDLNumerics
package import MRDLTraining

/// The samples of a run: what is learned from, what validates, and what measures at the end, kept apart.
package struct RecipeData: Sendable {
  package var name: String
  package var training: any TrainingData
  package var validation: (any TrainingData)?
  package var test: (any TrainingData)?
  /// The names of the classes; empty for quantities.
  package var classNames: [String]
  /// The names of the quantities; empty for classes.
  package var targetNames: [String]
  /// What the header says of the input; nil where the graph takes the data as they are.
  package var preprocessing: Preprocessing?
  /// What the graph does to the channels of series before the first layer.
  package var inputScaling: Standardization?
  /// What the graph does to the windows of a series that is forecast.
  package var forecast: ForecastTransform?
  /// What has been done to quantities.
  package var scaling: Standardization?
  package var digest: Digest?
  /// That of the samples that measure, where they come from a file of their own.
  package var testDigest: Digest?
  /// The column of a table that was the target.
  package var targetColumn: String?
  /// The steps of a sample, where each has a class or quantities of its own; nil where the sample has.
  package var stepCount: Int?
  /// Whether series are [steps, channels], and not [channels, steps].
  package var hasStepsFirst = false
  /// Whether a sample may go on from the one before it.
  package var isSequential = false
  /// What one sample is called in a message.
  package var sampleNoun = "row"

  package var isClassification: Bool { !classNames.isEmpty }

  package var form: SampleForm {
    SampleForm(
      shape: training.inputShape, hasLengths: training.hasLengths,
      hasStepsFirst: hasStepsFirst, scaling: inputScaling,
      forecast: forecast,
      target: TargetForm(
        count: isClassification ? classNames.count : targetNames.count, isClass: isClassification,
        scaling: scaling, stepCount: stepCount))
  }

  /// The splits for the card of the model.
  package var cards: [ModelCard.Dataset] {
    var parts: [(String, any TrainingData)] = [("train", training)]
    if let validation { parts.append(("validation", validation)) }
    if let test { parts.append(("test", test)) }
    return parts.map { split, samples in
      let digest =
        (samples as? PictureSamples)?.images.digest ?? (split == "test" ? testDigest : nil)
        ?? digest
      return ModelCard.Dataset(
        name: name, split: split, sampleCount: samples.sampleCount,
        digest: digest?.hexadecimal ?? "")
    }
  }

  /// Reads the data that a recipe and a command line name.
  ///
  /// - Parameters:
  ///   - path: a file or a directory; nil for data that are made up.
  ///   - base: the model that the recipe goes on from, which may say how its input is made.
  /// - Throws: `MRDL9007` where a path is needed, or what is wrong with the data.
  package static func read(
    _ recipe: Recipe, path: String?, base: BaseModel? = nil
  ) throws(MRDLError) -> RecipeData {
    var numbers = RandomNumbers(seed: recipe.seed, stream: RandomStream.samples.number)
    switch recipe.data.kind {
    case .line:
      return try TableSplit(
        .line(
          count: recipe.data.sampleCount, slope: 3, intercept: 5, decibels: 6,
          nextNormal: { numbers.nextNormal() }), recipe
      ).data()
    case .circles:
      // Two closures that draw from the same numbers would exclude each other.
      var normals = RandomNumbers(seed: recipe.seed, stream: RandomStream.noise.number)
      return try TableSplit(
        .circles(
          count: recipe.data.sampleCount, inner: 1, outer: 2, noise: 0.15,
          nextUniform: { numbers.nextUniform() }, nextNormal: { normals.nextNormal() }), recipe
      ).data()
    case .auto: break
    }
    guard let path else {
      throw MRDLError(
        .badUsage, "the recipe needs data", expected: "--data with a file or a directory")
    }
    if recipe.data.files.isEmpty,
      let collection = try ArrayCollection(path, inputs: recipe.data.inputs)
    {
      return try arrays(collection, recipe)
    }
    if FileSystem.kind(of: path) == .directory, recipe.data.files.isEmpty {
      if try SeriesPair.isIn(path) { return try series(path, recipe) }
      if let cifar = CIFAR10(path) {
        return try pictures(cifar.read(.train), test: cifar.read(.test), recipe, base)
      }
      if try ClassFolders.areIn(path) { return try folders(path, recipe, base) }
      let directory = MNISTDirectory(path)
      return try pictures(directory.read(.train), test: directory.read(.test), recipe, base)
    }
    if recipe.data.files.isEmpty, try SeriesFile.isSeries(path) {
      return try series(path, recipe)
    }
    let table = try table(path, recipe.data)
    if let forecast = recipe.data.forecast { return try self.forecast(table, forecast, recipe) }
    guard recipe.data.missing != .previous else {
      throw MRDLError(
        .badRecipe, "rows that do not follow each other in time have no previous number",
        found: "previous", expected: "mean or drop", at: Place("/data/missing"))
    }
    return try TableSplit(table, recipe, base).data()
  }

  private static func table(_ path: String, _ data: DataRecipe) throws(MRDLError) -> Table {
    guard let first = data.files.first else { return try CSV.read(path, options: data.csv) }
    // The names are those of all columns together.
    var options = data.csv
    options.columnNames = []
    var table = try CSV.read(FileSystem.join(path, first), options: options)
    for file in data.files.dropFirst() {
      table = try table.joined(to: CSV.read(FileSystem.join(path, file), options: options))
    }
    return data.csv.columnNames.isEmpty ? table : try table.renamed(data.csv.columnNames)
  }

  /// A folder a class, in the folders `train` and `test` where there are such, else parted by the seed.
  private static func folders(
    _ path: String, _ recipe: Recipe, _ base: BaseModel?
  ) throws(MRDLError) -> RecipeData {
    let name = FileSystem.name(of: path)
    let parts = ["train", "test"].map { FileSystem.join(path, $0) }
    if parts.allSatisfy({ FileSystem.kind(of: $0) == .directory }) {
      let training = try ClassFolders.read(parts[0], name: name)
      let test = try ClassFolders.read(parts[1], name: name)
      guard training.classNames == test.classNames,
        training.pixels.shape.dimensions.dropFirst() == test.pixels.shape.dimensions.dropFirst()
      else {
        throw MRDLError(
          .badDataset, "the folders train and test hold different kinds of pictures",
          found:
            "\(Quantity.count(test.classNames.count, "class")) of \(test.pixels.shape)",
          expected: "\(training.classNames.count) of \(training.pixels.shape)",
          at: Place(file: parts[1]))
      }
      return try pictures(training, test: test, recipe, base)
    }
    let all = try ClassFolders.read(path, name: name)
    let testCount = Int((Double(all.count) * (recipe.data.testShare ?? 0.2)).rounded())
    var numbers = RandomNumbers(seed: recipe.seed, stream: RandomStream.samples.number)
    let split = try all.split(
      order: numbers.nextPermutation(count: all.count), validationCount: testCount)
    return try pictures(
      split.training, test: testCount == 0 ? nil : split.validation, recipe, base)
  }

  private static func pictures(
    _ all: LabelledImages, test: LabelledImages?, _ recipe: Recipe, _ base: BaseModel?
  ) throws(MRDLError) -> RecipeData {
    var training = Array(0..<all.count)
    var validation = training[..<0]
    let validationCount = Int((Double(all.count) * recipe.validationShare).rounded())
    if validationCount > 0 {
      var numbers = RandomNumbers(seed: recipe.seed, stream: RandomStream.split.number)
      let order = numbers.nextPermutation(count: all.count)
      training = Array(order[..<(all.count - validationCount)])
      validation = order[(all.count - validationCount)...]
    }
    let preprocessing = try preprocessing(of: all, base)
    return RecipeData(
      name: all.name,
      training: PictureSamples(
        all, training, preprocessing, augmentation: recipe.augmentation, seed: recipe.seed),
      validation: validation.isEmpty
        ? nil : PictureSamples(all, Array(validation), preprocessing),
      test: test.map { PictureSamples($0, Array(0..<$0.count), preprocessing) },
      classNames: all.classNames, targetNames: [],
      preprocessing: .image(preprocessing),
      digest: all.digest, sampleNoun: "picture")
  }

  /// How a picture becomes an input: as the model that is gone on from says, else each pixel times 1/255.
  private static func preprocessing(
    of images: LabelledImages, _ base: BaseModel?
  ) throws(MRDLError) -> ImagePreprocessing {
    guard case .image(let stated)? = base?.preprocessing else {
      return ImagePreprocessing(
        colorSpace: images.channelCount == 1 ? .grey : .rgb,
        layout: base?.hasChannelsLast == true ? .nhwc : .nchw, scale: PictureSamples.scale)
    }
    guard images.channelCount <= stated.colorSpace.channelCount else {
      throw MRDLError(
        .badDataset, "the model takes grey pictures, and the data are coloured", found: images.name)
    }
    return stated
  }
}

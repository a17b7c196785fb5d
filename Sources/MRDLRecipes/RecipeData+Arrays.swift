internal import MRDLCore
internal import MRDLModel
internal import MRDLTraining

extension RecipeData {
  /// Arrays of inputs and targets: `x_train` with `y_train`, and `x_test` with `y_test` where there is such a pair,
  /// else `x` with `y`, parted by the seed.
  ///
  /// - Throws: `MRDL5001` for arrays that are missing, do not fit each other, or hold something else than numbers.
  static func arrays(
    _ collection: ArrayCollection, _ recipe: Recipe
  ) throws(MRDLError) -> RecipeData {
    var names = [recipe.data.inputs, recipe.data.targets]
    var files = names
    var test: ArrayPair?
    if try collection.array(names[0]) == nil {
      names = names.map { $0 + "_train" }
      files = names
      let others = [recipe.data.inputs, recipe.data.targets].map { $0 + "_test" }
      if try collection.array(others[0]) != nil {
        test = try ArrayPair(collection, others, recipe)
        files += others
      }
    }
    let all = try ArrayPair(collection, names, recipe)
    if let test { try all.requireLikeness(to: test, names, collection.path) }
    let classCount = max(all.classCount, test?.classCount ?? 0)
    let rows = Array(0..<all.count)
    let split =
      recipe.data.isOrdered
      ? SampleSplit(
        inOrder: rows, testShare: test == nil ? recipe.data.testShare ?? 0.2 : 0,
        validationShare: recipe.validationShare)
      : SampleSplit(
        rows, testShare: test == nil ? recipe.data.testShare ?? 0.2 : 0,
        validationShare: recipe.validationShare, seed: recipe.seed,
        classes: all.labels.map { labels in { "\(labels[$0])" } })
    guard !split.training.isEmpty else {
      throw MRDLError(
        .badDataset, "there are too few samples to learn from", found: "\(all.count)",
        at: Place(file: collection.path))
    }
    let standardizes = recipe.data.standardizes
    let scaling =
      classCount > 0 || !standardizes || recipe.keepsEnd
      ? nil : ArrayMoments(all.targets, rows: split.training, isByColumn: true).standardization
    func samples(_ pair: ArrayPair, _ rows: [Int]) -> ArraySamples? {
      guard !rows.isEmpty else { return nil }
      return ArraySamples(
        inputs: pair.inputs,
        targets: pair.labels.map {
          .classes($0, isBinary: recipe.loss == .binaryCrossEntropy)
        } ?? .quantities(pair.targets, scaling), rows: rows)
    }
    guard let training = samples(all, split.training) else {
      preconditionFailure("samples to learn from")
    }
    return RecipeData(
      name: FileSystem.name(of: collection.path), training: training,
      validation: samples(all, split.validation),
      test: test.flatMap { samples($0, Array(0..<$0.count)) } ?? samples(all, split.test),
      classNames: (0..<classCount).map(String.init),
      targetNames: classCount > 0
        ? []
        : (0..<(training.targetShape?.elementCount ?? 1)).map { "\(recipe.data.targets)\($0)" },
      inputScaling: standardizes && recipe.base == nil
        ? ArrayMoments(
          all.inputs, rows: split.training, isByColumn: all.inputs.shape.rank == 2
        ).standardization : nil,
      scaling: scaling, digest: try collection.digest(of: files), sampleNoun: "samples")
  }
}

/// An array of inputs with the one of their targets.
private struct ArrayPair {
  let inputs: Tensor
  let targets: Tensor
  /// The class of each sample; nil for quantities.
  let labels: [Int]?

  var count: Int { inputs.shape[0] }
  var classCount: Int { labels.map { ($0.max() ?? -1) + 1 } ?? 0 }

  init(
    _ collection: ArrayCollection, _ names: [String], _ recipe: Recipe
  ) throws(MRDLError) {
    func array(_ name: String) throws(MRDLError) -> Tensor {
      guard let tensor = try collection.array(name) else {
        throw MRDLError(
          .badDataset, "there is no array of that name", found: "\"\(name)\"",
          expected: try collection.names().prefix(20).joined(separator: ", "),
          at: Place(file: collection.path))
      }
      guard ArrayRow.isReadable(tensor.scalarType), tensor.shape.rank > 0 else {
        throw MRDLError(
          .badDataset, "an array does not hold a row of numbers for each sample",
          found: "\(name) \(tensor.scalarType.rawValue) \(tensor.shape)",
          at: Place(file: collection.path))
      }
      return tensor
    }
    inputs = try array(names[0])
    targets = try array(names[1])
    let place = Place(file: collection.path)
    guard inputs.shape.rank > 1, targets.shape[0] == inputs.shape[0] else {
      throw MRDLError(
        .badDataset, "inputs and targets do not fit each other",
        found: "\(names[0]) \(inputs.shape), \(names[1]) \(targets.shape)",
        expected: "[samples, …], as many of both", at: place)
    }
    let isClass = recipe.data.task.map { $0 == .classification } ?? recipe.loss.takesClasses
    guard isClass else {
      labels = nil
      return
    }
    guard ArrayRow.isWhole(targets.scalarType), targets.shape.elementCount == targets.shape[0]
    else {
      throw MRDLError(
        .badDataset, "the targets are not classes",
        found: "\(names[1]) \(targets.scalarType.rawValue) \(targets.shape)",
        expected: "whole numbers from 0 on, [samples]", at: place)
    }
    var labels: [Int] = []
    labels.reserveCapacity(targets.shape[0])
    for row in 0..<targets.shape[0] {
      let label = ArrayRow.number(row, of: targets)
      guard (0..<65_536).contains(label) else {
        throw MRDLError(
          .badDataset, "the class of sample \(row) is out of range", found: "\(label)",
          expected: "0 to 65535", at: place)
      }
      labels.append(Int(label))
    }
    self.labels = labels
  }

  func requireLikeness(
    to other: ArrayPair, _ names: [String], _ path: String
  ) throws(MRDLError) {
    func sample(_ tensor: Tensor) -> [Int] { Array(tensor.shape.dimensions.dropFirst()) }
    guard sample(inputs) == sample(other.inputs), sample(targets) == sample(other.targets) else {
      throw MRDLError(
        .badDataset, "the samples for testing have another shape than those for training",
        found: "\(sample(other.inputs)), \(sample(other.targets))",
        expected: "\(sample(inputs)), \(sample(targets))", at: Place(file: path))
    }
  }
}

/// Means and deviations over rows of an array, in one pass (Welford, 1962).
private struct ArrayMoments {
  private var count = 0.0
  private var mean: [Double]
  private var squares: [Double]

  /// - Parameter isByColumn: one mean and one deviation for each element of a row, else one of all elements.
  init(_ tensor: Tensor, rows: [Int], isByColumn: Bool) {
    let width = tensor.shape.elementCount / max(tensor.shape[0], 1)
    mean = [Double](repeating: 0, count: isByColumn ? width : 1)
    squares = mean
    var row = [Float](repeating: 0, count: width)
    for index in rows {
      var span = row.mutableSpan
      ArrayRow.copy(index, of: tensor, into: &span)
      if isByColumn { count += 1 }
      for column in row.indices {
        if !isByColumn { count += 1 }
        let place = isByColumn ? column : 0
        let distance = Double(row[column]) - mean[place]
        mean[place] += distance / count
        squares[place] += distance * (Double(row[column]) - mean[place])
      }
    }
  }

  /// With a deviation of 1 where all numbers are the same.
  var standardization: Standardization {
    Standardization(
      mean: mean,
      deviation: squares.map { $0 > 0 ? ($0 / count).squareRoot() : 1 })
  }
}

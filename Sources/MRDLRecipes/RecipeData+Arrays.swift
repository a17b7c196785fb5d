internal import MRDLCore
internal import MRDLInterchange
internal import MRDLModel
internal import MRDLTraining

extension RecipeData {
  /// Arrays of inputs and targets: `x_train` with `y_train`, and `x_test` with `y_test` where there is such a pair,
  /// else `x` with `y`, parted by the seed or in their order.
  ///
  /// - Throws: `MRDL5001` for arrays that are missing, do not fit each other, or hold something else than numbers.
  static func arrays(
    _ collection: ArrayCollection, _ recipe: Recipe
  ) throws(MRDLError) -> RecipeData {
    var names = ArrayNames(recipe.data)
    var files = names.all
    var test: ArrayPair?
    if try collection.array(names.inputs) == nil {
      let others = names.with("_test")
      names = names.with("_train")
      files = names.all
      if try collection.array(others.inputs) != nil {
        test = try ArrayPair(collection, others, recipe)
        files += others.all
      }
    }
    let all = try ArrayPair(collection, names, recipe)
    if let test { try all.requireLikeness(to: test, collection.path) }
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
        classes: recipe.data.isStepwise ? nil : all.labels.map { labels in { "\(labels[$0])" } })
    guard !split.training.isEmpty else {
      throw MRDLError(
        .badDataset, "there are too few samples to learn from", found: "\(all.count)",
        at: Place(file: collection.path))
    }
    let standardizes = recipe.data.standardizes
    let scaling =
      classCount > 0 || !standardizes || recipe.keepsEnd
      ? nil
      : ArrayMoments(
        all.targets, rows: split.training, columnCount: all.quantityCount,
        counts: { row, element in all.isReal(row, step: element / all.quantityCount) }
      ).standardization
    func samples(_ pair: ArrayPair, _ rows: [Int]) -> ArraySamples? {
      guard !rows.isEmpty else { return nil }
      return ArraySamples(
        inputs: pair.inputs,
        targets: pair.labels.map {
          .classes($0, isBinary: recipe.loss == .binaryCrossEntropy)
        } ?? .quantities(pair.targets, scaling), rows: rows,
        steps: pair.steps, series: pair.series)
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
        : (0..<(training.targetShape?.dimensions.last ?? 1)).map { "\(recipe.data.targets)\($0)" },
      inputScaling: standardizes && recipe.base == nil
        ? ArrayMoments(
          all.inputs, rows: split.training,
          columnCount: all.inputs.shape.rank == 2 ? all.inputs.shape[1] : 1,
          counts: { row, element in
            all.steps?.lengths.isEmpty ?? true
              || all.isReal(row, step: element / all.inputs.shape[2])
          }
        ).standardization : nil,
      scaling: scaling, digest: try collection.digest(of: files),
      stepCount: all.steps?.count, hasStepsFirst: true, isSequential: recipe.data.isOrdered,
      sampleNoun: all.steps?.count == nil ? "sample" : "step")
  }
}

/// The names of the arrays of one split.
private struct ArrayNames {
  private(set) var inputs: String
  private(set) var targets: String
  private(set) var series: String?
  private(set) var lengths: String?

  init(_ recipe: DataRecipe) {
    inputs = recipe.inputs
    targets = recipe.targets
    series = recipe.series
    lengths = recipe.lengths
  }

  var all: [String] { [inputs, targets] + [series, lengths].compactMap(\.self) }

  func with(_ suffix: String) -> ArrayNames {
    var names = self
    names.inputs += suffix
    names.targets += suffix
    names.series? += suffix
    names.lengths? += suffix
    return names
  }
}

/// An array of inputs with the one of their targets.
private struct ArrayPair {
  let inputs: Tensor
  let targets: Tensor
  /// The class of each sample, or of each of its steps; nil for quantities.
  let labels: [Int]?
  /// The series that each sample is a piece of; empty where nothing tells.
  let series: [Int]
  /// Which steps have targets of their own, and which are real; nil where a sample is one thing.
  let steps: ArraySamples.Steps?

  var count: Int { inputs.shape[0] }
  /// The quantities of a sample, or of each of its steps.
  var quantityCount: Int {
    max(targets.shape.elementCount / max(count * (steps?.targetCount ?? 1), 1), 1)
  }
  var classCount: Int { labels.map { ($0.max() ?? -1) + 1 } ?? 0 }

  /// Whether a step of a sample is not padding.
  func isReal(_ row: Int, step: Int) -> Bool {
    guard let steps, !steps.lengths.isEmpty else { return true }
    return step < steps.lengths[row]
  }

  init(
    _ collection: ArrayCollection, _ names: ArrayNames, _ recipe: Recipe
  ) throws(MRDLError) {
    func array(_ name: String) throws(MRDLError) -> Tensor {
      let tensor = try collection.samples(name)
      guard ArrayRow.isReadable(tensor.scalarType) else {
        throw MRDLError(
          .badDataset, "an array does not hold a row of numbers for each sample",
          found: "\(name) \(tensor.scalarType.rawValue) \(tensor.shape)",
          at: Place(file: collection.path))
      }
      return tensor
    }
    inputs = try array(names.inputs)
    targets = try array(names.targets)
    let place = Place(file: collection.path)
    guard inputs.shape.rank > 1, targets.shape[0] == inputs.shape[0] else {
      throw MRDLError(
        .badDataset, "inputs and targets do not fit each other",
        found: "\(names.inputs) \(inputs.shape), \(names.targets) \(targets.shape)",
        expected: "[samples, …], as many of both", at: place)
    }
    if let name = names.series {
      series = try Self.series(array(name), name, inputs, place)
    } else {
      series = []
    }
    var lengths: (Tensor, String)?
    if let name = names.lengths { lengths = (try array(name), name) }
    steps = try Self.steps(lengths, inputs, targets, recipe, place)
    let isClass = recipe.data.task.map { $0 == .classification } ?? recipe.loss.takesClasses
    guard isClass else {
      labels = nil
      return
    }
    guard ArrayRow.isWhole(targets.scalarType),
      targets.shape.elementCount == targets.shape[0] * (steps?.targetCount ?? 1)
    else {
      throw MRDLError(
        .badDataset, "the targets are not classes",
        found: "\(names.targets) \(targets.scalarType.rawValue) \(targets.shape)",
        expected:
          "whole numbers from 0 on, \(steps?.count == nil ? "[samples]" : "[samples, steps]")",
        at: place)
    }
    var labels: [Int] = []
    let count = targets.shape.elementCount
    labels.reserveCapacity(count)
    let flat = targets.reshaped(Shape([count]))
    // A step without a class does not count.
    let least = steps?.count == nil ? 0.0 : -1
    for row in 0..<count {
      let label = ArrayRow.number(row, of: flat)
      guard (least..<65_536).contains(label) else {
        throw MRDLError(
          .badDataset, "the class of a sample is out of range",
          found: "\(label), the \(row + 1)th target",
          expected: "\(Int(least)) to 65535", at: place)
      }
      labels.append(Int(label))
    }
    self.labels = labels
  }

  /// The steps of samples, by the targets and an array of lengths.
  private static func steps(
    _ lengths: (tensor: Tensor, name: String)?, _ inputs: Tensor, _ targets: Tensor,
    _ recipe: Recipe, _ place: Place
  ) throws(MRDLError) -> ArraySamples.Steps? {
    let isStepwise = recipe.data.isStepwise
    guard isStepwise || lengths != nil else { return nil }
    guard !isStepwise || (2...3).contains(targets.shape.rank) && targets.shape[1] > 0 else {
      throw MRDLError(
        .badDataset, "the targets do not tell something at every step",
        found: "\(targets.shape)", expected: "[samples, steps] or [samples, steps, quantities]",
        at: place)
    }
    let stepCount = isStepwise ? targets.shape[1] : nil
    guard let (lengths, name) = lengths else {
      return ArraySamples.Steps(count: stepCount, lengths: [])
    }
    guard inputs.shape.rank == 3, stepCount ?? inputs.shape[1] == inputs.shape[1],
      ArrayRow.isWhole(lengths.scalarType), lengths.shape == Shape([inputs.shape[0]])
    else {
      throw MRDLError(
        .badDataset, "an array does not tell the length of each sample",
        found: "\(name) \(lengths.scalarType.rawValue) \(lengths.shape) for \(inputs.shape)",
        expected: "whole numbers, [samples], for inputs of [samples, steps, channels]", at: place)
    }
    return ArraySamples.Steps(
      count: stepCount,
      lengths: try numbers(lengths, "length", in: 1...max(inputs.shape[1], 1), place))
  }

  /// The number of a series for each sample.
  private static func series(
    _ tensor: Tensor, _ name: String, _ inputs: Tensor, _ place: Place
  ) throws(MRDLError) -> [Int] {
    guard ArrayRow.isWhole(tensor.scalarType), tensor.shape == Shape([inputs.shape[0]]) else {
      throw MRDLError(
        .badDataset, "an array does not tell the series of each sample",
        found: "\(name) \(tensor.scalarType.rawValue) \(tensor.shape)",
        expected: "whole numbers, [\(inputs.shape[0])]", at: place)
    }
    // Beyond it, different numbers are the same in f32.
    return try numbers(tensor, "series", in: 0...(1 << 24) - 1, place)
  }

  /// A whole number for each sample.
  private static func numbers(
    _ tensor: Tensor, _ noun: String, in range: ClosedRange<Int>, _ place: Place
  ) throws(MRDLError) -> [Int] {
    var numbers: [Int] = []
    numbers.reserveCapacity(tensor.shape[0])
    for row in 0..<tensor.shape[0] {
      let number = ArrayRow.number(row, of: tensor)
      guard (Double(range.lowerBound)...Double(range.upperBound)).contains(number) else {
        throw MRDLError(
          .badDataset, "the \(noun) of sample \(row) is out of range", found: "\(number)",
          expected: "\(range.lowerBound) to \(range.upperBound)", at: place)
      }
      numbers.append(Int(number))
    }
    return numbers
  }

  func requireLikeness(to other: ArrayPair, _ path: String) throws(MRDLError) {
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
  private var count: [Double]
  private var mean: [Double]
  private var squares: [Double]

  /// - Parameters:
  ///   - columnCount: a mean and a deviation for each of so many numbers that follow each other.
  ///   - counts: whether an element of a row counts; NaN never does.
  init(
    _ tensor: Tensor, rows: [Int], columnCount: Int, counts: (_ row: Int, _ element: Int) -> Bool
  ) {
    let width = tensor.shape.elementCount / max(tensor.shape[0], 1)
    count = [Double](repeating: 0, count: columnCount)
    mean = count
    squares = count
    var values = [Float](repeating: 0, count: width)
    for row in rows {
      var span = values.mutableSpan
      ArrayRow.copy(row, of: tensor, into: &span)
      for element in values.indices where !values[element].isNaN && counts(row, element) {
        let place = element % columnCount
        count[place] += 1
        let distance = Double(values[element]) - mean[place]
        mean[place] += distance / count[place]
        squares[place] += distance * (Double(values[element]) - mean[place])
      }
    }
  }

  /// With a deviation of 1 where all numbers are the same.
  var standardization: Standardization {
    Standardization(
      mean: mean,
      deviation: zip(squares, count).map { $0 > 0 ? ($0 / $1).squareRoot() : 1 })
  }
}

import MRDLCommandLine
import MRDLCore
import MRDLDatasets
import MRDLInterchange
import MRDLMetrics
import MRDLModel
import MRDLReports
import MRDLRuntime

/// A model on labelled data: the scores of its first output.
struct EvaluationRun {
  let runner: Runner
  let batch: Int
  /// Where the number of real steps of each sample goes.
  let lengthInput: ValueInfo?
  /// How many samples the model takes at once, where that is fixed.
  private let fixedBatch: Int?
  private let output: ValueInfo?
  private let meaning: OutputMeaning?
  var evaluation = Evaluation()
  private(set) var path = ""

  init(runner: Runner, batch: Int) {
    self.runner = runner
    self.batch = batch
    let graph = runner.model.graph
    lengthInput = graph.lengthInput
    let free = graph.inputs.filter { [lengthInput] in
      runner.isFree($0) && $0.name != lengthInput?.name
    }
    let input = free.first { runner.model.preprocessing[$0.name] != nil } ?? free.first
    fixedBatch = input?.shape?.dimensions.first?.value
    output = runner.model.outputsWithShapes.first
    meaning = output.flatMap { runner.model.meanings[$0.name] }
  }

  var labels: [String] { meaning?.labels ?? [] }
  /// A model that does not say what it tells tells a quantity where it gives one number.
  var isRegression: Bool {
    meaning.map { $0.task == .regression } ?? (output?.shape?.dimensions.last?.value == 1)
  }
  /// Whether the model leaves open what it tells.
  var isUnknown: Bool { meaning == nil }

  /// Runs the model on a CSV file, a `.ts` file of series, arrays (`.npz`, HDF5, a directory of `.npy`), a directory
  /// with a folder for each class, or one with IDX files.
  ///
  /// - Throws: `MRDL5001` for data without labels, or with labels that the model does not know.
  mutating func perform(_ path: String) throws(MRDLError) {
    self.path = path
    if !isRegression {
      guard let count = labels.isEmpty ? output?.shape?.dimensions.last?.value : labels.count else {
        throw MRDLError(
          .wrongInput, "the model does not say how many classes it knows",
          expected: "an output of classes or quantities")
      }
      evaluation = Evaluation(classCount: count, ranks: [5])
    }
    if let collection = try ArrayCollection(
      path, inputs: RecordedArrays(runner.model).inputs)
    {
      try evaluateArrays(collection)
    } else if FileSystem.kind(of: path) != .directory {
      if try SeriesFile.isSeries(path) { try evaluateSeries(path) } else { try evaluateTable(path) }
    } else if try hasFolders(path) {
      try evaluateFolders(path)
    } else {
      try evaluatePictures(try MNISTDirectory(path).read(.test))
    }
  }

  /// The class of a word, which may be its number where the data state the names.
  func label(
    _ word: String, _ names: [String], _ place: String
  ) throws(MRDLError) -> Int {
    if let index = labels.firstIndex(of: word) { return index }
    if let number = Int(word) {
      if names.indices.contains(number), let index = labels.firstIndex(of: names[number]) {
        return index
      }
      if labels.isEmpty, (0..<(evaluation.confusion?.classCount ?? 0)).contains(number) {
        return number
      }
    }
    throw MRDLError(
      .badDataset, "a label is none of the classes of the model", found: "\"\(word)\"",
      expected: labels.isEmpty
        ? "0 to \((evaluation.confusion?.classCount ?? 1) - 1), or --labels with their names"
        : labels.prefix(10).joined(separator: ", ") + (labels.count > 10 ? ", …" : ""),
      at: Place(file: path, path: place))
  }

  // MARK: Batches

  /// How many samples a run takes, where the model may leave that open.
  func runSize(_ wanted: Int) -> Int { max(fixedBatch ?? wanted, 1) }

  /// The samples of each run, in their order.
  ///
  /// - Parameter size: how many one takes where the model leaves that open.
  func batches(of count: Int, size: Int) -> [Range<Int>] {
    let size = runSize(size)
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// The samples, other than pictures, that a run is given: to a model of a fixed batch the last one again until it
  /// is full. Answers behind those of the range are for nothing.
  func filled(_ range: Range<Int>) -> [Int] {
    Array(range)
      + repeatElement(range.upperBound - 1, count: max((fixedBatch ?? 0) - range.count, 0))
  }

  /// The numbers of the first output, a row a sample.
  func scores(_ samples: [Runner.Sample]) throws(MRDLError) -> [[Double]] {
    let result = try runner.run(samples)
    guard case .tensor(let tensor)? = result.outputs.first?.value, result.sampleCount > 0 else {
      return []
    }
    let numbers = try Answer.numbers(in: tensor)
    let count = numbers.count / result.sampleCount
    let expected = evaluation.confusion?.classCount ?? RecordedTable.horizon(of: runner.model) ?? 1
    guard count == expected else {
      throw MRDLError(
        .wrongInput, "the output does not hold a number for each class",
        found: "\(tensor.shape)", expected: "[\(result.sampleCount), \(expected)]")
    }
    return (0..<result.sampleCount).map { Array(numbers[$0 * count..<($0 + 1) * count]) }
  }
}

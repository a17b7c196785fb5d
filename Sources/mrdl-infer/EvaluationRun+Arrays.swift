import MRDLCore
import MRDLInterchange
import MRDLMetrics
import MRDLModel
import MRDLRuntime

extension EvaluationRun {
  /// Runs the model on arrays of samples: those for testing where there are such, else all.
  ///
  /// The targets are a class or quantities for each sample, or for each step of one, in the order of the numbers of
  /// the output, whose last axis holds the classes. A class of -1, a quantity of NaN and steps behind the length of a
  /// sample do not count.
  mutating func evaluateArrays(_ collection: ArrayCollection) throws(MRDLError) {
    let names = RecordedArrays(runner.model)
    let isApart = try collection.array(names.inputs + "_test") != nil
    func array(_ name: String) throws(MRDLError) -> Tensor {
      try collection.samples(isApart ? name + "_test" : name)
    }
    let inputs = try array(names.inputs)
    let targets = try array(names.targets)
    let lengths = try lengthInput.map { (_) throws(MRDLError) in
      try Self.lengths(try array(names.lengths), Place(file: collection.path))
    }
    if isUnknown, targets.scalarType.isFloatingPoint { evaluation = Evaluation() }
    let count = inputs.shape[0]
    guard count > 0, targets.shape[0] == count, lengths?.count ?? count == count else {
      throw MRDLError(
        .badDataset, "inputs and targets do not fit each other",
        found: "\(names.inputs) \(inputs.shape), \(names.targets) \(targets.shape)",
        expected: "one sample or more, and as many of both", at: Place(file: collection.path))
    }
    let info = try runner.freeInput(besides: lengthInput?.name)
    for range in batches(of: count, size: batch) {
      let rows = filled(range)
      if let lengthInput, let lengths {
        runner.give(lengthInput.name, Tensor(rows.map { lengths[$0] }))
      }
      let sample = Runner.Sample(
        path: path, tensor: try Self.rows(rows, of: inputs, as: info.scalarType),
        isPicture: false)
      guard case .tensor(let output)? = try runner.run([sample]).outputs.first?.value else {
        continue
      }
      let numbers = try Answer.numbers(in: output)
      let answers = Array(numbers.prefix(numbers.count / rows.count * range.count))
      let wanted = try Answer.numbers(in: try Self.rows(Array(range), of: targets, as: .float64))
      try add(answers, wanted, output.shape, range, lengths.map { $0[range].map(Int.init) })
    }
  }

  /// Counts a batch.
  ///
  /// - Parameters:
  ///   - range: its samples.
  ///   - lengths: how many steps of each sample count, where the model asks for it.
  private mutating func add(
    _ answers: [Double], _ targets: [Double], _ shape: Shape, _ range: Range<Int>, _ lengths: [Int]?
  ) throws(MRDLError) {
    let width = evaluation.confusion?.classCount ?? 1
    let targetCount = targets.count / range.count
    guard answers.count == targets.count * width else {
      throw MRDLError(
        .wrongInput, "the output does not hold a number for each target",
        found: "\(answers.count) numbers, \(shape)", expected: "\(targets.count * width)",
        at: Place(file: path))
    }
    // How many targets a step has: all of a sample that is not told by steps.
    let stepCount = lengths == nil ? 1 : max(shape.rank > 1 ? shape[1] : 1, 1)
    for (index, target) in targets.enumerated() {
      let (sample, place) = (index / max(targetCount, 1), index % max(targetCount, 1))
      if let lengths, targetCount > 1, place / max(targetCount / stepCount, 1) >= lengths[sample] {
        continue
      }
      guard evaluation.confusion != nil else {
        if !target.isNaN { evaluation.add(prediction: answers[index], target: target) }
        continue
      }
      if target == -1 { continue }
      guard let label = Int(exactly: target), (0..<width).contains(label) else {
        throw MRDLError(
          .badDataset, "a target is none of the classes of the model", found: "\(target)",
          expected: "0 to \(width - 1)",
          at: Place(file: path, path: "sample \(range.lowerBound + sample)"))
      }
      evaluation.add(scores: Array(answers[index * width..<(index + 1) * width]), label: label)
    }
  }

  /// How many steps of each sample are real.
  private static func lengths(_ tensor: Tensor, _ place: Place) throws(MRDLError) -> [Int32] {
    var lengths: [Int32] = []
    for (index, number) in try Answer.numbers(in: tensor).enumerated() {
      guard let length = Int32(exactly: number), length >= 0 else {
        throw MRDLError(
          .badDataset, "the length of sample \(index) is no number of steps", found: "\(number)",
          expected: "0 or more", at: place)
      }
      lengths.append(length)
    }
    return lengths
  }

  /// Some samples, in the type that an input has.
  private static func rows(
    _ rows: [Int], of tensor: Tensor, as type: ScalarType
  ) throws(MRDLError) -> Tensor {
    let part = tensor.rows(rows)
    guard type != tensor.scalarType else { return part }
    let numbers = try Answer.numbers(in: part)
    switch type {
    case .float32: return Tensor(numbers.map { Float($0) }, shape: part.shape)
    case .float64: return Tensor(numbers, shape: part.shape)
    default:
      throw MRDLError(
        .wrongInput, "the samples are not of the type that the model takes",
        found: tensor.scalarType.rawValue, expected: type.rawValue)
    }
  }
}

/// The names of the arrays that a model was trained on, or those that a recipe has unless it says otherwise.
struct RecordedArrays {
  let inputs: String
  let targets: String
  let lengths: String

  init(_ model: Model) {
    let record = model.training
    inputs = record?.dataWord("inputs") ?? "x"
    targets = record?.dataWord("targets") ?? "y"
    lengths = record?.dataWord("lengths") ?? "lengths"
  }
}

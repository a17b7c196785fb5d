internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// What a training program changes: parameters, which the optimizer moves, and running averages, which the
/// program itself computes.
///
/// Sessions read the tensors as inputs and share their memory, which is why the store writes only between
/// runs, and gives away copies.
final class ParameterStore {
  struct Parameter {
    let info: TensorInfo
    let values: Tensor
    /// What the optimizer remembers.
    let slots: [Tensor]
    /// The sum of the gradients of the runs of a step, where a step has several.
    let sum: Tensor?
    /// The mean over the steps, where there is averaging.
    let mean: Tensor?

    /// What the model is measured and kept with.
    var used: Tensor { mean ?? values }

    /// Parameters of fewer than two axes never decay.
    var decays: Bool { values.shape.rank > 1 }
  }

  struct RunningAverage {
    let info: TensorInfo
    let values: Tensor
    /// The mean over the steps, where there is averaging.
    let mean: Tensor?

    /// What the model is measured and kept with.
    var used: Tensor { mean ?? values }
  }

  let parameters: [Parameter]
  let averages: [RunningAverage]
  /// Elements of one piece of work.
  private static let pieceElementCount = 1 << 14

  /// Takes copies of the named tensors.
  ///
  /// - Parameters:
  ///   - accumulates: whether a step has several runs.
  ///   - hasMeans: whether there is a mean of each over the steps, which begins with the first values.
  /// - Throws: `MRDL1202` for a tensor that is not there, `MRDL1208` for one that is not `f32`.
  init(
    _ names: [String], averages averageNames: [String], of model: Model, slotCount: Int,
    accumulates: Bool, hasMeans: Bool
  ) throws(MRDLError) {
    var parameters: [Parameter] = []
    for name in names {
      let (info, values) = try Self.copy(name, of: model)
      parameters.append(
        Parameter(
          info: info, values: values, slots: (0..<slotCount).map { _ in Tensor(zeros: info.shape) },
          sum: accumulates ? Tensor(zeros: info.shape) : nil,
          mean: hasMeans ? values.copied() : nil))
    }
    var averages: [RunningAverage] = []
    for name in averageNames {
      let (info, values) = try Self.copy(name, of: model)
      averages.append(
        RunningAverage(info: info, values: values, mean: hasMeans ? values.copied() : nil))
    }
    self.parameters = parameters
    self.averages = averages
  }

  private static func copy(
    _ name: String, of model: Model
  ) throws(MRDLError) -> (TensorInfo, Tensor) {
    guard let tensor = model.tensors[name] else {
      throw MRDLError(.missingTensor, "a parameter is not in the model", found: "\"\(name)\"")
    }
    let values = try tensor.load()
    guard values.scalarType == .float32 else {
      throw MRDLError(
        .typeMismatch, "a parameter is not of a type that can be trained",
        found: values.scalarType.rawValue, expected: "f32", at: Place(name))
    }
    return (tensor.info, values.copied())
  }

  var count: Int { parameters.count }

  // MARK: Steps

  /// Adds a gradient times a factor to the sum of the step.
  func accumulate(_ index: Int, gradient: UnsafeRawBufferPointer, factor: Double, isFirst: Bool) {
    guard let sum = parameters[index].sum, sum.elementCount > 0,
      let gradient = gradient.assumingMemoryBound(to: Float.self).baseAddress
    else { return }
    let target = sum.mutablePointer(as: Float.self)
    Float.blend(
      sum.elementCount, Float(factor), gradient, isFirst ? 0 : 1,
      isFirst ? gradient : UnsafePointer(target), 0,
      target)
  }

  /// Calls `body` with the sum of the step.
  func withSum<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    guard let sum = parameters[index].sum else {
      preconditionFailure("a parameter without a sum of gradients")
    }
    return body(
      UnsafeRawBufferPointer(
        start: sum.mutablePointer(as: Float.self),
        count: sum.elementCount * MemoryLayout<Float>.stride))
  }

  /// The sum of the squares of an array, in pieces that are joined in their order.
  static func sumOfSquares(_ bytes: UnsafeRawBufferPointer) -> Double {
    let values = bytes.assumingMemoryBound(to: Float.self)
    guard let first = values.baseAddress else { return 0 }
    var sum = 0.0
    for start in stride(from: 0, to: values.count, by: pieceElementCount) {
      sum += Float.sumOfSquares(min(pieceElementCount, values.count - start), first + start)
    }
    return sum
  }

  /// Moves one parameter along its gradient.
  ///
  /// - Parameters:
  ///   - step: counted from 1.
  ///   - terms: what the gradient is multiplied by and where it is cut.
  ///   - keptShare: how much of the mean over the steps is kept, where there is one.
  func update(
    _ index: Int, gradient: UnsafeRawBufferPointer, optimizer: Optimizer, decay: WeightDecay,
    terms: GradientTerms, rate: Double, step: Int, keptShare: Double, threadLimit: Int
  ) {
    let parameter = parameters[index]
    let count = parameter.values.elementCount
    guard let gradient = gradient.assumingMemoryBound(to: Float.self).baseAddress, count > 0
    else { return }
    var terms = terms
    if parameter.decays {
      terms.l1 = decay.l1
      terms.l2 = decay.l2
      terms.shrinkage = rate * decay.decoupled
    }
    let pieces = EqualPieces(of: count, step: Self.pieceElementCount)
    let work = Update(
      values: parameter.values.mutablePointer(as: Float.self), gradient: gradient,
      slots: OptimizerSlots(
        first: parameter.slots.first?.mutablePointer(as: Float.self),
        second: parameter.slots.dropFirst().first?.mutablePointer(as: Float.self)),
      mean: parameter.mean?.mutablePointer(as: Float.self), keptShare: keptShare,
      pieces: pieces, optimizer: optimizer, terms: terms, rate: rate, step: step)
    WorkerPool.run(work, count: pieces.count, threadLimit: threadLimit)
  }

  private struct Update: ParallelWork {
    let values: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    let slots: OptimizerSlots<Float>
    let mean: UnsafeMutablePointer<Float>?
    let keptShare: Double
    let pieces: EqualPieces
    let optimizer: Optimizer
    let terms: GradientTerms
    let rate: Double
    let step: Int

    func run(index: Int, slot: Int) {
      let (first, count) = (pieces[index].lowerBound, pieces[index].count)
      optimizer.update(
        values + first, gradient: gradient + first, slots: slots.advanced(by: first),
        count: count, terms: terms, rate: rate, step: step)
      if let mean {
        ParameterStore.average(count, values + first, into: mean + first, keptShare: keptShare)
      }
    }
  }

  /// m := d m + (1 − d) w. The two factors add up to 1 exactly, so that the mean of equal values is that value to
  /// a rounding.
  private static func average(
    _ count: Int, _ values: UnsafePointer<Float>, into mean: UnsafeMutablePointer<Float>,
    keptShare: Double
  ) {
    let kept = Float(keptShare)
    Float.blend(count, kept, mean, 1 - kept, values, 0, mean)
  }

  /// Moves the means of the running averages towards their present values.
  func averageStatistics(keptShare: Double) {
    for average in averages {
      guard let mean = average.mean else { continue }
      Self.average(
        mean.elementCount, average.values.mutablePointer(as: Float.self),
        into: mean.mutablePointer(as: Float.self), keptShare: keptShare)
    }
  }

  /// Takes over a running average that the program has computed.
  func setAverage(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
    let target = averages[index].values.mutablePointer(as: Float.self)
    UnsafeMutableRawPointer(target).copyMemory(
      from: bytes.baseAddress ?? UnsafeRawPointer(target), byteCount: bytes.count)
  }

  // MARK: As a whole

  /// Whether every value of every parameter is a finite number.
  var isFinite: Bool {
    (parameters.map(\.values) + averages.map(\.values)).allSatisfy { values in
      // A sum of squares is finite only where everything is, or where a value is beyond 1e150.
      Self.sumOfSquares(
        UnsafeRawBufferPointer(
          start: values.mutablePointer(as: Float.self),
          count: values.elementCount * MemoryLayout<Float>.stride)
      ).isFinite
    }
  }

  /// Parameters and averages as the model is used with them, in memory that the steps change.
  var used: [(info: TensorInfo, values: Tensor)] {
    parameters.map { ($0.info, $0.used) } + averages.map { ($0.info, $0.used) }
  }

  /// What steps go on from where the model is used with means: parameters and averages themselves.
  var learning: [(info: TensorInfo, values: Tensor)] {
    parameters.filter { $0.mean != nil }.map { ($0.info, $0.values) }
      + averages.filter { $0.mean != nil }.map { ($0.info, $0.values) }
  }

  /// Parameters and averages as the model is used with them now, independent of the steps to come.
  func snapshot() -> [ModelTensor] {
    used.map { info, values in ModelTensor(info.name, values.copied(), axes: info.axes) }
  }
}

extension Tensor {
  /// The elements, to be written where nobody reads them.
  func mutablePointer<Element>(as type: Element.Type) -> UnsafeMutablePointer<Element> {
    (storage.base + byteOffset).assumingMemoryBound(to: type)
  }
}

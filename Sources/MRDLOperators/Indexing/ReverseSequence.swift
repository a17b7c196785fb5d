public import MRDLCore
internal import MRDLModel

/// ONNX ReverseSequence: sequences of a batch, each with its first steps in reverse order.
///
/// Inputs: the data, and how many steps of each sequence are reversed. `batch_axis` is 1 and `time_axis` 0
/// unless given.
public struct ReverseSequence: Operator {
  public static let name = "ReverseSequence"
  public static let inputCount = 2...2

  private let batchAxis: Int
  private let timeAxis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    batchAxis = try attributes.integer("batch_axis", default: 1, in: 0...1)
    timeAxis = try attributes.integer("time_axis", default: 0, in: 0...1)
    guard batchAxis != timeAxis else {
      throw attributes.wrongValue("time_axis", "\(timeAxis)", "another axis than batch_axis")
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    _ = try operands.required(1, of: [.int64])
    if let shape = try operands.shape(0, rank: 2...Int.max) {
      try operands.checkVector(
        1, extent: shape[batchAxis], "there are not as many lengths as sequences")
    }
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    return ReverseSequenceKernel(
      batch: shape[batchAxis], steps: shape[timeAxis], isBatchFirst: batchAxis == 0,
      stepCount: shape.dimensions[2...].reduce(1, *), width: try request.elementByteCount(0),
      place: request.place)
  }
}

private struct ReverseSequenceKernel: Kernel {
  let batch: Int
  let steps: Int
  let isBatchFirst: Bool
  let stepCount: Int
  let width: Int
  let place: Place

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard
      let mover = ElementMover(arguments.inputBytes(0), arguments.outputBytes(0), width: width)
    else { return }
    let lengths = arguments.input(1, as: Int64.self)
    for sequence in 0..<batch {
      guard lengths[sequence] >= 0, lengths[sequence] <= steps else {
        throw MRDLError(
          .operatorFailed, "the length of a sequence is out of range",
          found: "\(lengths[sequence])", expected: "0 to \(steps)", at: place)
      }
      let length = Int(lengths[sequence])
      for step in 0..<steps {
        let source = step < length ? length - 1 - step : step
        func row(_ step: Int) -> Int {
          isBatchFirst ? sequence * steps + step : step * batch + sequence
        }
        mover.move(row(source) * stepCount, to: row(step) * stepCount, count: stepCount)
      }
    }
  }
}

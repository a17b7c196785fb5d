internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Labels as places among the classes of scores: input 0 are the labels [N, …], input 1 the scores [N, C, …].
///
/// Labels are 0 to C − 1; one that is `ignore_index` becomes 0. All others are refused as the loss refuses them.
struct LabelCheck: Operator {
  static let name = "LabelCheck"
  static let domain = OperatorSet.mrdlDomain
  static let inputCount = 2...2

  private let ignoredClass: Int?

  init(attributes: inout AttributeReader) throws(MRDLError) {
    ignoredClass = try attributes.integer("ignore_index")
  }

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let labels = try operands.required(0, of: [.int64])
    _ = try operands.shape(1, rank: 2...Int.max)
    return [ValueFacts(.int64, labels.shape)]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    LabelCheckKernel(
      count: request.inputShape(0).elementCount, classCount: request.inputShape(1)[1],
      ignoredClass: ignoredClass, place: request.place)
  }
}

private struct LabelCheckKernel: Kernel {
  let count: Int
  let classCount: Int
  let ignoredClass: Int?
  let place: Place

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let labels = arguments.input(0, as: Int64.self)
    let result = arguments.output(0, as: Int64.self)
    for index in 0..<count {
      let label = Int(labels[index])
      guard label != ignoredClass else {
        result[index] = 0
        continue
      }
      try MRDLOperators.LossReduction.check(label, classCount: classCount, at: place)
      result[index] = Int64(label)
    }
  }
}

package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// What Max, Min, Sum and Mean have in common: one result of any number of tensors, element by element,
/// with the broadcasting rules of NumPy.
package protocol VariadicOperator: Operator {
  static var operation: Broadcasting.Operation { get }
  static var scalarTypes: Set<ScalarType> { get }
  /// Whether the result is divided by the number of tensors.
  static var isMean: Bool { get }
}

extension VariadicOperator {
  public static var inputCount: ClosedRange<Int> { 1...Int.max }
  package static var isMean: Bool { false }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0..<operands.count, among: Self.scalarTypes)
    var shape = try operands.required(0).shape
    for index in operands.facts.indices.dropFirst() {
      shape = try operands.broadcast(shape, operands.required(index).shape)
    }
    return [ValueFacts(type, shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(
      otherOperations: Cost.product(
        outputs.first??.concreteShape?.elementCount ?? 0, inputs.count))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try VariadicKernel(Self.operation, request, isMean: Self.isMean)
  }
}

/// Combines one input after the other with the output.
private struct VariadicKernel: Kernel {
  private let first: Broadcasting
  private let others: [Broadcasting]
  private let mean: Broadcasting?
  /// How many inputs there are, as the divisor of a mean.
  private let count: (Float, Double)

  init(
    _ operation: Broadcasting.Operation, _ request: KernelRequest, isMean: Bool
  ) throws(MRDLError) {
    let shape = request.outputShape()
    let type = request.inputType(0)
    func combination(
      _ operation: Broadcasting.Operation, _ right: Shape
    ) throws(MRDLError) -> Broadcasting {
      guard let layout = BroadcastLayout(shape, right) else {
        preconditionFailure("a kernel for shapes that inference refuses")
      }
      guard let result = Broadcasting(operation, type, layout) else {
        throw request.unsupportedType(type)
      }
      return result
    }
    first = try combination(.right, request.inputShape(0))
    var others: [Broadcasting] = []
    for index in request.inputs.indices.dropFirst() {
      others.append(try combination(operation, request.inputShape(index)))
    }
    self.others = others
    mean = isMean ? try combination(.divide, .scalar) : nil
    count = (Float(request.inputs.count), Double(request.inputs.count))
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let output = arguments.outputBytes(0).baseAddress else { return }
    if let input = arguments.inputBytes(0).baseAddress {
      _ = first.run(left: output, right: input, output: output)
    }
    for (index, other) in others.enumerated() {
      guard let input = arguments.inputBytes(index + 1).baseAddress else { continue }
      _ = other.run(left: output, right: input, output: output)
    }
    guard let mean else { return }
    if mean.scalarType == .float32 {
      withUnsafeBytes(of: count.0) { divide(mean, output, $0) }
    } else {
      withUnsafeBytes(of: count.1) { divide(mean, output, $0) }
    }
  }

  private func divide(
    _ mean: Broadcasting, _ output: UnsafeMutableRawPointer, _ divisor: UnsafeRawBufferPointer
  ) {
    guard let divisor = divisor.baseAddress else { return }
    _ = mean.run(left: output, right: divisor, output: output)
  }
}

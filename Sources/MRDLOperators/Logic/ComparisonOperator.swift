package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// What the comparisons have in common: truth values of A and B element by element, with the
/// broadcasting rules of NumPy.
package protocol ComparisonOperator: Operator {
  static var operation: Comparison.Operation { get }
}

extension ComparisonOperator {
  public static var inputCount: ClosedRange<Int> { 2...2 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let types = Self.operation == .equal ? Set.arithmetic.union([.bool]) : .arithmetic
    try operands.sameType(0...1, among: types)
    let shape = try operands.broadcast(
      operands.required(0).shape, operands.required(1).shape)
    return [ValueFacts(.bool, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard let layout = BroadcastLayout(request.inputShape(0), request.inputShape(1)) else {
      preconditionFailure("a kernel for shapes that inference refuses")
    }
    guard let comparison = Comparison(Self.operation, type, layout) else {
      throw request.unsupportedType(type)
    }
    return ComparisonKernel(comparison: comparison)
  }
}

private struct ComparisonKernel: Kernel {
  let comparison: Comparison

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let left = arguments.inputBytes(0).baseAddress,
      let right = arguments.inputBytes(1).baseAddress,
      let output = arguments.outputBytes(0).baseAddress
    else { return }
    comparison.run(
      left: left, right: right, output: output.assumingMemoryBound(to: UInt8.self))
  }
}

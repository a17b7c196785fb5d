public import MRDLCore
package import MRDLNumerics

/// ONNX Add: the sum C = A + B of two tensors, element by element.
///
/// Inputs: A and B, whose shapes are broadcast together by the rules of NumPy. Output: C.
public struct Add: BinaryArithmetic, FusibleOperator {
  public static let name = "Add"
  package static let operation = Broadcasting.Operation.add
  package static var takesResidual: Bool { false }

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try ArithmeticKernel(.add, request)
  }

  package func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let count = request.outputShape().elementCount
    if request.inputShape(0) == request.inputShape(1) {
      return ActivatedSumKernel(
        sum: ActivatedSum(type, count: count, epilogue.activation), count: count)
    }
    return ActivatedArithmeticKernel(
      arithmetic: try ArithmeticKernel(.add, request), function: epilogue.activation.function,
      scalarType: type, count: count)
  }
}

/// Adds two tensors of the same shape and applies an activation.
private struct ActivatedSumKernel: Kernel {
  let sum: ActivatedSum
  let count: Int

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0), (1, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard count > 0, let left = arguments.inputBytes(0).baseAddress,
      let right = arguments.inputBytes(1).baseAddress,
      let output = arguments.outputBytes(0).baseAddress
    else { return }
    sum.run(left: left, right: right, output: output, threadLimit: arguments.threadLimit)
  }
}

/// Adds two tensors that are broadcast together, then applies an activation.
private struct ActivatedArithmeticKernel: Kernel {
  let arithmetic: ArithmeticKernel
  let function: ElementaryFunction?
  let scalarType: ScalarType
  let count: Int

  var inPlacePairs: [(input: Int, output: Int)] { arithmetic.inPlacePairs }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try arithmetic.run(arguments)
    guard count > 0, let output = arguments.outputBytes(0).baseAddress else { return }
    function?.run(
      scalarType, count: count, input: output, output: output,
      threadLimit: arguments.threadLimit)
  }
}

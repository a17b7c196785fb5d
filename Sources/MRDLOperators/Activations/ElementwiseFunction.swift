package import MRDLCore
package import MRDLNumerics

/// What operators of one function of one number have in common: Y = f(X), element by element.
package protocol ElementwiseFunction: Operator {
  var function: ElementaryFunction { get }
}

extension ElementwiseFunction {
  public static var inputCount: ClosedRange<Int> { 1...1 }
  public var fusionRole: FusionRole { .function(FusionFunction(op: self)) }

  public func blocked(_ request: BlockingRequest) -> BlockedForm? { request.elementwiseForm(self) }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return FunctionKernel(
      function: function, scalarType: type, count: request.outputShape().elementCount)
  }
}

/// Runs an `ElementaryFunction`.
struct FunctionKernel: Kernel {
  let function: ElementaryFunction
  let scalarType: ScalarType
  let count: Int

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, count > 0
    else { return }
    function.run(
      scalarType, count: count, input: input, output: output, threadLimit: arguments.threadLimit)
  }
}

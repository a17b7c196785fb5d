public import MRDLCore
internal import MRDLNumerics

/// ONNX Shrink: x + `bias` below −`lambd`, x − `bias` above `lambd`, 0 between.
public struct Shrink: Operator {
  public static let name = "Shrink"
  public static let inputCount = 1...1

  private let bias: Double
  private let lambda: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    bias = try attributes.float("bias", default: 0)
    lambda = try attributes.float("lambd", default: 0.5)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .arithmetic)
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    let count = request.outputShape().elementCount
    if Set.wholeNumbers.contains(type) {
      return IntegerShrinkKernel(bias: bias, lambda: lambda, scalarType: type, count: count)
    }
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return FunctionKernel(
      function: .shrink(bias: bias, lambda: lambda), scalarType: type, count: count)
  }
}

/// Shrinks whole numbers as real ones, a stretch at a time.
private struct IntegerShrinkKernel: Kernel {
  let bias: Double
  let lambda: Double
  let scalarType: ScalarType
  let count: Int

  private var toReal: CastKernel { CastKernel(from: scalarType, to: .float64, count: count) }
  private var toInteger: CastKernel { CastKernel(from: .float64, to: scalarType, count: count) }

  var workspaceByteCount: Int { count * 8 + toReal.workspaceByteCount }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard count > 0, let reals = arguments.workspace.baseAddress else { return }
    let scratch = UnsafeMutableRawBufferPointer(rebasing: arguments.workspace[(count * 8)...])
    let middle = UnsafeMutableRawBufferPointer(start: reals, count: count * 8)
    try toReal.run(from: arguments.inputBytes(0), to: middle, scratch: scratch)
    ElementaryFunction.shrink(bias: bias, lambda: lambda).run(
      .float64, count: count, input: reals, output: reals, threadLimit: 1)
    try toInteger.run(
      from: UnsafeRawBufferPointer(middle), to: arguments.outputBytes(0), scratch: scratch)
  }
}

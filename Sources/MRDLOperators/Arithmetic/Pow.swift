public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Pow: Z = X to the power of Y, element by element, with the broadcasting rules of NumPy.
///
/// The exponent may be of another type than the base, of which the result is.
public struct Pow: Operator {
  public static let name = "Pow"
  public static let inputCount = 2...2

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let base = try operands.required(0, of: Set.floats.union([.int32, .int64]))
    let exponent = try operands.required(1, of: .arithmetic)
    return [ValueFacts(base.scalarType, try operands.broadcast(base.shape, exponent.shape))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    if type == request.inputType(1), Set.realNumbers.contains(type) {
      return try ArithmeticKernel(.power, request)
    }
    return try MixedPowerKernel(request)
  }
}

/// Makes the exponents real numbers first.
private struct MixedPowerKernel: Kernel {
  private let power: MixedPower
  private let cast: CastKernel
  private let count: Int

  init(_ request: KernelRequest) throws(MRDLError) {
    let exponents = request.inputType(1)
    guard let layout = BroadcastLayout(request.inputShape(0), request.inputShape(1)) else {
      preconditionFailure("a kernel for shapes that inference refuses")
    }
    guard let power = MixedPower(request.inputType(0), layout) else {
      throw request.unsupportedType(request.inputType(0))
    }
    self.power = power
    count = request.inputShape(1).elementCount
    cast = CastKernel(from: exponents, to: .float64, count: count)
  }

  var workspaceByteCount: Int { count * 8 + cast.workspaceByteCount }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let base = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress,
      let exponents = arguments.workspace.baseAddress
    else { return }
    try cast.run(
      from: arguments.inputBytes(1),
      to: UnsafeMutableRawBufferPointer(start: exponents, count: count * 8),
      scratch: UnsafeMutableRawBufferPointer(rebasing: arguments.workspace[(count * 8)...]))
    power.run(
      base: base, exponent: exponents.assumingMemoryBound(to: Double.self), output: output)
  }
}

package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// What operators of the bits of two arrays have in common. Truth values are bytes of 0 or 1.
package protocol BitwiseOperator: Operator {
  static var operation: Broadcasting.Operation { get }
  static var scalarTypes: Set<ScalarType> { get }
}

extension BitwiseOperator {
  public static var inputCount: ClosedRange<Int> { 2...2 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: Self.scalarTypes)
    let shape = try operands.broadcast(
      operands.required(0).shape, operands.required(1).shape)
    return [ValueFacts(type, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    return try ArithmeticKernel(Self.operation, request, as: type == .bool ? .uint8 : type)
  }
}

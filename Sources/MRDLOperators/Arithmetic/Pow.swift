public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Pow: Z = X to the power of Y, element by element, with the broadcasting rules of NumPy.
///
/// Base and exponent may be of different types in ONNX; they are computed where both are of the same type
/// of real numbers, and refused otherwise.
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
    guard request.inputType(0) == request.inputType(1) else {
      throw request.unsupportedType(request.inputType(1))
    }
    return try ArithmeticKernel(.power, request)
  }
}

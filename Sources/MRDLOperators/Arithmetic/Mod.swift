public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Mod: the remainder of A / B, element by element, with the broadcasting rules of NumPy.
///
/// It has the sign of B; with `fmod` 1 that of A.
public struct Mod: Operator {
  public static let name = "Mod"
  public static let inputCount = 2...2

  private let followsDividend: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    followsDividend = try attributes.flag("fmod")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .arithmetic)
    let shape = try operands.broadcast(
      operands.required(0).shape, operands.required(1).shape)
    return [ValueFacts(type, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try ArithmeticKernel(followsDividend ? .remainder : .modulo, request)
  }
}

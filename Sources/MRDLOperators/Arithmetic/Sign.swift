public import MRDLCore

/// ONNX Sign: −1, 0 or 1, element by element; NaN stays NaN.
public struct Sign: Operator {
  public static let name = "Sign"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .arithmetic)
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try SignKernel(.sign, request)
  }
}

public import MRDLCore

/// ONNX Abs: Y = |X|, element by element. The lowest number of a type of whole numbers stays as it is.
public struct Abs: Operator {
  public static let name = "Abs"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .arithmetic)
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try SignKernel(.magnitude, request)
  }
}

public import MRDLCore

/// ONNX BitwiseNot: all bits turned over.
public struct BitwiseNot: Operator {
  public static let name = "BitwiseNot"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .wholeNumbers)
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    BitFlipKernel(mask: 0xFF)
  }
}

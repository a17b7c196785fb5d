public import MRDLCore

/// ONNX Not: the opposite of truth values.
public struct Not: Operator {
  public static let name = "Not"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: [.bool])
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    BitFlipKernel(mask: 1)
  }
}

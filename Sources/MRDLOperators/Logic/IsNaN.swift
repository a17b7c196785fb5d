public import MRDLCore

/// ONNX IsNaN: whether a number is not a number.
public struct IsNaN: Operator {
  public static let name = "IsNaN"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(.bool, try operands.required(0, of: .floats).shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try ClassificationKernel(.nan, request)
  }
}

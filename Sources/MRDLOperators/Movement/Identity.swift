public import MRDLCore

/// ONNX Identity: the output is the input.
public struct Identity: Operator {
  public static let name = "Identity"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [try operands.required(0)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { ViewKernel() }
}

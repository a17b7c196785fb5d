public import MRDLCore

/// ONNX IsInf: whether a number is infinite; `detect_negative` 0 leaves out −∞, `detect_positive` 0 leaves out +∞.
public struct IsInf: Operator {
  public static let name = "IsInf"
  public static let inputCount = 1...1

  private let detectsNegative: Bool
  private let detectsPositive: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    detectsNegative = try attributes.flag("detect_negative", default: true)
    detectsPositive = try attributes.flag("detect_positive", default: true)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(.bool, try operands.required(0, of: .floats).shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try ClassificationKernel(
      .infinite(negative: detectsNegative, positive: detectsPositive), request)
  }
}

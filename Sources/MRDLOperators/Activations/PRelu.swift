public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX PRelu: x where it is not negative, slope · x elsewhere.
///
/// Inputs: X, and the slopes, whose shape is broadcast to that of X. Output: Y in the shape of X.
public struct PRelu: Operator {
  public static let name = "PRelu"
  public static let inputCount = 2...2

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(
      0...1, among: Set.floats.union([.int32, .int64, .uint32, .uint64]))
    let data = try operands.required(0)
    let common = try operands.broadcast(data.shape, try operands.required(1).shape)
    if let shape = data.shape, let common {
      guard common.rank == shape.rank,
        zip(shape.dimensions, common.dimensions).allSatisfy({ $0.unified(with: $1) != nil })
      else {
        throw operands.shapeMismatch(
          "the slopes do not fit the data", found: "\(common)", expected: "\(shape)")
      }
    }
    return [ValueFacts(type, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try ArithmeticKernel(.parametricRelu, request)
  }
}

public import MRDLCore
internal import MRDLModel

/// ONNX RMSNormalization: Y = X / √(mean of X² + epsilon) · scale, with the mean over all axes from `axis`
/// (-1 unless given) on.
public struct RMSNormalization: Operator {
  public static let name = "RMSNormalization"
  public static let inputCount = 2...2

  private let axis: Int
  private let epsilon: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
    epsilon = try attributes.float("epsilon", default: 1e-5)
    // Statistics are made in double precision whatever it says.
    _ = try attributes.integer("stash_type")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .floats)
    return [ValueFacts(type, try operands.normalizedRows(axis: axis, affine: [1]))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    guard let axis = request.inputShape(0).normalizedAxis(axis) else {
      preconditionFailure("inference checks axes")
    }
    return try RowNormalizationKernel(
      request, axis: axis, subtractsMean: false, epsilon: epsilon)
  }
}

public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX GroupNormalization: each of `num_groups` groups of channels of each sample brought to mean 0 and
/// variance 1, then scaled and shifted channel by channel.
///
/// Inputs: X [N, C, …], scale [C] and B [C].
public struct GroupNormalization: Operator {
  public static let name = "GroupNormalization"
  public static let inputCount = 3...3

  private let epsilon: Double
  private let groupCount: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    epsilon = try attributes.float("epsilon", default: 1e-5)
    guard let count = try attributes.integer("num_groups") else {
      throw attributes.missing("num_groups")
    }
    guard count > 0 else { throw attributes.wrongValue("num_groups", "\(count)", "1 or more") }
    groupCount = count
    // Statistics are made in double precision whatever it says.
    _ = try attributes.integer("stash_type")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .floats)
    guard let shape = try operands.shape(0, rank: 2...Int.max) else {
      return [ValueFacts(type, nil)]
    }
    if let channels = shape[1].value, channels % groupCount != 0 {
      throw operands.shapeMismatch(
        "the channels are not whole groups", found: "\(channels)",
        expected: "a multiple of \(groupCount)")
    }
    for index in 1...2 {
      try operands.checkVector(
        index, extent: shape[1], "input \(index) does not have one number for each channel")
    }
    return [ValueFacts(type, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    let volume = shape.dimensions[2...].reduce(1, *)
    let perGroup = shape[1] / groupCount
    return try RowNormalizationKernel(
      request, rowLength: perGroup * volume,
      layout: RowNormalization.AffineLayout(
        period: groupCount, stride: perGroup, block: max(volume, 1)), epsilon: epsilon)
  }
}

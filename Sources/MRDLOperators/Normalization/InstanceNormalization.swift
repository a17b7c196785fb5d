public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX InstanceNormalization: each channel of each sample brought to mean 0 and variance 1, then
/// scaled and shifted.
///
/// Inputs: X [N, C, …], scale [C] and B [C].
public struct InstanceNormalization: Operator {
  public static let name = "InstanceNormalization"
  public static let inputCount = 3...3

  private let epsilon: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    epsilon = try attributes.float("epsilon", default: 1e-5)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .floats)
    guard let shape = try operands.shape(0, rank: 2...Int.max) else {
      return [ValueFacts(type, nil)]
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
    return try RowNormalizationKernel(
      request, rowLength: volume,
      layout: RowNormalization.AffineLayout(
        period: max(shape[1], 1), stride: 1, block: max(volume, 1)), epsilon: epsilon)
  }
}

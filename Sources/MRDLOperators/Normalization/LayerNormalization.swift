public import MRDLCore
internal import MRDLModel

/// ONNX LayerNormalization: Y = (X − mean) / √(variance + epsilon) · scale + B, with the statistics of all
/// axes from `axis` (-1 unless given) on.
///
/// Inputs: X, scale, and maybe B. Outputs: Y, and maybe the means and the inverse deviations.
public struct LayerNormalization: Operator {
  public static let name = "LayerNormalization"
  public static let inputCount = 2...3
  public static let outputCount = 1...3

  private let axis: Int
  private let epsilon: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
    epsilon = try attributes.float("epsilon", default: 1e-5)
    // Statistics are made in double precision whatever it says.
    _ = try attributes.integer("stash_type")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .floats)
    let statistics: ScalarType = type == .float64 ? .float64 : .float32
    guard let shape = try operands.normalizedRows(axis: axis, affine: [1, 2]) else {
      return [
        ValueFacts(type, nil), ValueFacts(statistics, nil), ValueFacts(statistics, nil),
      ]
    }
    var reduced = shape
    for index in try operands.axis(axis, rank: shape.rank)..<shape.rank { reduced[index] = 1 }
    return [
      ValueFacts(type, shape), ValueFacts(statistics, reduced), ValueFacts(statistics, reduced),
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    guard let axis = request.inputShape(0).normalizedAxis(axis) else {
      preconditionFailure("inference checks axes")
    }
    return try RowNormalizationKernel(
      request, axis: axis, subtractsMean: true, epsilon: epsilon)
  }
}

public import MRDLCore

/// ONNX RandomNormalLike: numbers of the shape of the input, normally distributed around `mean`,
/// with the standard deviation `scale`.
///
/// The type is `dtype`, or that of the input. They are the same in every run; `RandomSource` tells what they
/// depend on.
public struct RandomNormalLike: Operator {
  public static let name = "RandomNormalLike"
  public static let inputCount = 1...1

  private let source: RandomSource
  private let distribution: RandomDistribution
  private let type: ScalarType?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    source = try RandomSource(&attributes)
    distribution = try .normal(&attributes)
    type = try attributes.scalarType("dtype", among: .floats)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let like = try operands.required(0)
    guard let type = type ?? (Set.floats.contains(like.scalarType) ? like.scalarType : nil) else {
      throw operands.badAttribute(
        "whole numbers do not tell the type of random ones", found: like.scalarType.rawValue,
        expected: "attribute \"dtype\"")
    }
    return [ValueFacts(type, like.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try RandomKernel(request, source, distribution)
  }
}

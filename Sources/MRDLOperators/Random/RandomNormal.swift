public import MRDLCore

/// ONNX RandomNormal: numbers of the given `shape`, normally distributed around `mean`, with
/// the standard deviation `scale`.
///
/// They are the same in every run; `RandomSource` tells what they depend on.
public struct RandomNormal: Operator {
  public static let name = "RandomNormal"
  public static let inputCount = 0...0

  private let source: RandomSource
  private let distribution: RandomDistribution
  private let shape: Shape
  private let type: ScalarType

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    source = try RandomSource(&attributes)
    distribution = try .normal(&attributes)
    shape = try attributes.shape()
    type = try attributes.scalarType("dtype", among: .floats) ?? .float32
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(type, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try RandomKernel(request, source, distribution)
  }
}

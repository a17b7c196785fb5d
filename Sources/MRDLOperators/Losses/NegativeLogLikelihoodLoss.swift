public import MRDLCore
internal import MRDLModel

/// ONNX NegativeLogLikelihoodLoss: the negative logarithms of the probabilities of the right classes,
/// weighted, and summed or averaged as `reduction` says.
///
/// Inputs: logarithms of probabilities [N, C, …], labels [N, …], and maybe a weight for each class.
public struct NegativeLogLikelihoodLoss: Operator {
  public static let name = "NegativeLogLikelihoodLoss"
  public static let inputCount = 2...3

  private let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(try operands.required(0).scalarType, try reduction.infer(operands))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try LossKernel(request, reduction, takesScores: false)
  }
}

public import MRDLCore
internal import MRDLModel

/// ONNX SoftmaxCrossEntropyLoss: the cross entropy of labels and the softmax of scores, weighted, and
/// summed or averaged as `reduction` says.
///
/// Inputs: scores [N, C, …], labels [N, …], and maybe a weight for each class. Outputs: the loss, and maybe
/// the logarithms of the probabilities.
public struct SoftmaxCrossEntropyLoss: Operator {
  public static let name = "SoftmaxCrossEntropyLoss"
  public static let inputCount = 2...3
  public static let outputCount = 1...2

  private let reduction: LossReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try LossReduction(&attributes)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let scores = try operands.required(0)
    return [
      ValueFacts(scores.scalarType, try reduction.infer(operands)),
      ValueFacts(scores.scalarType, scores.shape),
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try LossKernel(request, reduction, takesScores: true)
  }
}

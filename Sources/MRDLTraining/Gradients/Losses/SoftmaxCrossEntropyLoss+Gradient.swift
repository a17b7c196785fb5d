public import MRDLCore
internal import MRDLModel

/// The cross entropy of labels and the softmax of scores, written as LogSoftmax and NegativeLogLikelihoodLoss.
public enum SoftmaxCrossEntropyLossRule: ExpansionRule {
  public static let operatorName = "SoftmaxCrossEntropyLoss"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let logarithms = step.add("LogSoftmax", [step.inputNames[0]], ["axis": .integer(1)])
    step.setOutput(1, to: logarithms)
    let others = Array(step.inputNames.dropFirst())
    step.setOutput(
      0,
      to: step.add("NegativeLogLikelihoodLoss", [logarithms] + others, step.node.attributes))
  }
}

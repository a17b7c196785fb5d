public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// The negative logarithms of the probabilities of labels, weighted, written as a choice, a product and sums.
public enum NegativeLogLikelihoodLossRule: ExpansionRule {
  public static let operatorName = "NegativeLogLikelihoodLoss"
  public static let backwardOperators: [any Operator.Type] = [LabelCheck.self]

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let axis = step.integers([1])
    let given = step.add("Cast", [step.inputNames[1]], ["to": .integer(7)])
    var isIgnored: String?
    if let ignored = step.integer("ignore_index") {
      let flags = step.add(
        "Equal", [given, step.constant(Tensor([Int64(ignored)], shape: .scalar))])
      isIgnored = flags
    }
    let labels = step.makeName()
    step.append(
      Node(
        LabelCheck.name, domain: LabelCheck.domain, inputs: [given, step.inputNames[0]],
        outputs: [labels], attributes: step.node.attributes.filter { $0.key == "ignore_index" }))
    let places = step.add("Unsqueeze", [labels, axis])
    let chosen = step.add(
      "GatherElements", [step.inputNames[0], places], ["axis": .integer(1)])
    var losses = step.add("Neg", [step.add("Squeeze", [chosen, axis])])
    var weights: String?
    if step.isGiven(2) { weights = step.add("Gather", [step.inputNames[2], labels]) }
    if let isIgnored {
      let other = if let weights { weights } else { try step.number(1) }
      weights = step.add("Where", [isIgnored, try step.number(0), other])
    }
    if let weights { losses = step.add("Mul", [losses, weights]) }
    let isScalar: [String: AttributeValue] = ["keepdims": .integer(0)]
    switch step.string("reduction") ?? "mean" {
    case "none": step.setOutput(0, to: losses)
    case "sum": step.setOutput(0, to: step.add("ReduceSum", [losses], isScalar))
    default:
      guard let weights else {
        step.setOutput(0, to: step.add("ReduceMean", [losses], isScalar))
        return
      }
      step.setOutput(
        0,
        to: step.add(
          "Div",
          [step.add("ReduceSum", [losses], isScalar), step.add("ReduceSum", [weights], isScalar)]))
    }
  }
}

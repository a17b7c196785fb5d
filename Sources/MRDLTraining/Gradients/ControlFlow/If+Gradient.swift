public import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// One of two graphs, where the choice is constant: the nodes of that one.
public enum IfRule: ExpansionRule {
  public static let operatorName = "If"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    guard let condition = step.inputs[0]?.constant, condition.scalarType == .bool,
      let flag = condition.elements(as: Bool.self).first
    else { throw step.refusal("which graph runs is data") }
    let branch = try step.graph(flag ? "then_branch" : "else_branch")
    for (index, value) in step.inline(branch, inputs: []).enumerated() {
      step.setOutput(index, to: value)
    }
  }
}

package import MRDLCore
package import MRDLModel

/// Runs one of two graphs, as a truth value says.
package struct If: ValueOperator {
  package static let name = "If"
  package static let inputCount = 1...1
  package static let outputCount = 1...Int.max

  private let thenBranch: Graph
  private let elseBranch: Graph

  package init(attributes: inout AttributeReader) throws(MRDLError) {
    thenBranch = try attributes.graph("then_branch")
    elseBranch = try attributes.graph("else_branch")
  }

  package var subgraphs: [Graph] { [thenBranch, elseBranch] }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    _ = try operands.required(0, of: [.bool])
    for branch in subgraphs where branch.outputs.count < operands.outputCount {
      throw MRDLError(
        .wrongInputCount, "a branch has fewer outputs than the node",
        found: "\(branch.outputs.count)", expected: "\(operands.outputCount)", at: operands.place)
    }
    return zip(thenBranch.outputs, elseBranch.outputs).prefix(operands.outputCount)
      .map { first, second in
        ValueFacts(declared: first).flatMap { first in
          ValueFacts(declared: second).flatMap { first.common(with: $0) }
        }
      }.completeOrNone()
  }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    try run(operands.flag(operands.required(0)) ? 0 : 1, [])
  }
}

package import MRDLCore
package import MRDLModel

/// Makes a sequence of tensors.
package struct SequenceConstruct: ValueOperator {
  package static let name = "SequenceConstruct"
  package static let inputCount = 1...Int.max

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    let values = operands.values.compactMap(\.self)
    return [.sequence(values)]
  }
}

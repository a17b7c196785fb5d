package import MRDLCore
package import MRDLModel

/// The element at a position of a sequence; negative positions count from the end.
package struct SequenceAt: ValueOperator {
  package static let name = "SequenceAt"
  package static let inputCount = 2...2

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    let values = try operands.sequence(0)
    return [values[try operands.position(1, in: 0..<values.count)]]
  }
}

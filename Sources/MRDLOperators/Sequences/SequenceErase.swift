package import MRDLCore
package import MRDLModel

/// Leaves out an element of a sequence, by default the last.
package struct SequenceErase: ValueOperator {
  package static let name = "SequenceErase"
  package static let inputCount = 1...2

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    var values = try operands.sequence(0)
    guard !values.isEmpty else {
      throw operands.mismatch("an empty sequence has no element to leave out")
    }
    let position =
      operands.optional(1) == nil
      ? values.count - 1 : try operands.position(1, in: 0..<values.count)
    values.remove(at: position)
    return [.sequence(values)]
  }
}

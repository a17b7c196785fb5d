package import MRDLCore
package import MRDLModel

/// Puts a tensor into a sequence, by default at the end.
package struct SequenceInsert: ValueOperator {
  package static let name = "SequenceInsert"
  package static let inputCount = 2...3

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    var values = try operands.sequence(0)
    let position =
      operands.optional(2) == nil
      ? values.count : try operands.position(2, in: 0..<(values.count + 1), length: values.count)
    values.insert(try operands.required(1), at: position)
    return [.sequence(values)]
  }
}

package import MRDLCore
package import MRDLModel

/// Makes a sequence without elements.
package struct SequenceEmpty: ValueOperator {
  package static let name = "SequenceEmpty"
  package static let inputCount = 0...0

  package init(attributes: inout AttributeReader) throws(MRDLError) {
    // A sequence takes whatever is put into it.
    _ = try attributes.integer("dtype")
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    [.sequence([])]
  }
}

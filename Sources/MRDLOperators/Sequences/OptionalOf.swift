package import MRDLCore
package import MRDLModel

/// Makes an optional value of a value, or of nothing.
package struct OptionalOf: ValueOperator {
  package static let name = "Optional"
  package static let inputCount = 0...1

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    [.optional(operands.optional(0))]
  }
}

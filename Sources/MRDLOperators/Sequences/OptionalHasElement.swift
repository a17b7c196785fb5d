package import MRDLCore
package import MRDLModel

/// Whether an optional value is there.
package struct OptionalHasElement: ValueOperator {
  package static let name = "OptionalHasElement"
  package static let inputCount = 0...1

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(.bool, .scalar)]
  }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    switch operands.optional(0) {
    case nil, .optional(nil)?: return [.tensor(Tensor(scalar: false))]
    default: return [.tensor(Tensor(scalar: true))]
    }
  }
}

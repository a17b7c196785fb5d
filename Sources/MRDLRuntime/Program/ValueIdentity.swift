package import MRDLCore
package import MRDLModel
package import MRDLOperators

/// Identity of a value that need not be a tensor. A program puts it in the place of `Identity` where it must;
/// it is in no operator set.
package struct ValueIdentity: ValueOperator {
  package static let name = "Identity"
  package static let inputCount = 1...1

  package init() {}

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    [try operands.required(0)]
  }
}

package import MRDLCore
package import MRDLModel

/// The value in an optional one, which must be there.
package struct OptionalGetElement: ValueOperator {
  package static let name = "OptionalGetElement"
  package static let inputCount = 1...1

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    switch try operands.required(0) {
    case .optional(let value?): return [value]
    case .optional(nil):
      throw operands.mismatch("an optional value is not there", expected: "a value")
    case let value: return [value]
    }
  }
}

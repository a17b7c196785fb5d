package import MRDLCore
package import MRDLModel

/// Counts the elements of a sequence.
package struct SequenceLength: ValueOperator {
  package static let name = "SequenceLength"
  package static let inputCount = 1...1

  package init(attributes: inout AttributeReader) throws(MRDLError) {}

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(.int64, .scalar)]
  }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    [.tensor(Tensor(scalar: Int64(try operands.sequence(0).count)))]
  }
}

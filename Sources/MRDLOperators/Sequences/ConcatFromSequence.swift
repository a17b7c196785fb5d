package import MRDLCore
package import MRDLModel

/// Puts the tensors of a sequence one after the other, along an axis of theirs or a new one.
package struct ConcatFromSequence: ValueOperator {
  package static let name = "ConcatFromSequence"
  package static let inputCount = 1...1

  private let given: Int
  private let isNewAxis: Bool

  package init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let axis = try attributes.integer("axis") else { throw attributes.missing("axis") }
    given = axis
    isNewAxis = try attributes.flag("new_axis")
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    var tensors: [Tensor] = []
    for value in try operands.sequence(0) { tensors.append(try operands.tensor(value)) }
    guard let first = tensors.first else {
      throw operands.mismatch("an empty sequence cannot be made a tensor")
    }
    let rank = first.shape.rank + (isNewAxis ? 1 : 0)
    let axis = given < 0 ? given + rank : given
    guard (0..<rank).contains(axis) else {
      throw operands.mismatch(
        "an axis is out of range", found: "\(given)", expected: "\(-rank) to \(rank - 1)")
    }
    return [
      .tensor(
        isNewAxis
          ? try Tensor.stacked(tensors, axis: axis, operands.place)
          : try Tensor.joined(tensors, axis: axis, operands.place))
    ]
  }
}

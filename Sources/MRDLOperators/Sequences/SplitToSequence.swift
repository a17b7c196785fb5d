package import MRDLCore
package import MRDLModel

/// Cuts a tensor along an axis into a sequence: into single slices, equal parts or parts of given sizes.
package struct SplitToSequence: ValueOperator {
  package static let name = "SplitToSequence"
  package static let inputCount = 1...2

  private let given: Int
  private let keepsAxis: Bool

  package init(attributes: inout AttributeReader) throws(MRDLError) {
    given = try attributes.integer("axis", default: 0)
    keepsAxis = try attributes.flag("keepdims", default: true)
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] { [] }

  package func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue] {
    let tensor = try operands.tensor(0)
    let rank = tensor.shape.rank
    let axis = given < 0 ? given + rank : given
    guard (0..<rank).contains(axis) else {
      throw operands.mismatch(
        "an axis is out of range", found: "\(given)", expected: "\(-rank) to \(rank - 1)")
    }
    let extent = tensor.shape[axis]
    guard operands.optional(1) != nil else {
      var slices: [GraphValue] = []
      for index in 0..<extent {
        slices.append(
          .tensor(
            keepsAxis
              ? try tensor.part(axis: axis, index..<(index + 1), operands.place)
              : try tensor.slice(axis: axis, index: index, operands.place)))
      }
      return [.sequence(slices)]
    }
    var parts: [GraphValue] = []
    var start = 0
    for size in try sizes(operands, extent) {
      parts.append(
        .tensor(try tensor.part(axis: axis, start..<(start + size), operands.place)))
      start += size
    }
    return [.sequence(parts)]
  }

  private func sizes(_ operands: ValueOperands, _ extent: Int) throws(MRDLError) -> [Int] {
    let split = try operands.tensor(1)
    guard let numbers = ValueFacts(constant: split).integers else {
      throw operands.wrongKind(.tensor(split), "whole numbers")
    }
    if split.shape.rank == 0, let size = numbers.first, size > 0 {
      return stride(from: 0, to: extent, by: size).map { min(size, extent - $0) }
    }
    var rest = extent
    for size in numbers {
      guard size >= 0, size <= rest else { rest = -1; break }
      rest -= size
    }
    guard rest == 0, split.shape.rank == 1 else {
      throw operands.mismatch(
        "the parts do not make up the axis", found: "\(numbers)", expected: "a sum of \(extent)")
    }
    return numbers
  }
}

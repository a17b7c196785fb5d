package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// What RNN, GRU and LSTM have in common.
///
/// Inputs: X [steps, batch, input], W [directions, gates · hidden, input],
/// R [directions, gates · hidden, hidden], and maybe B [directions, 2 · gates · hidden], the lengths of
/// the sequences [batch], and the first state [directions, batch, hidden]. Outputs: Y [steps, directions,
/// batch, hidden] and the last state. With `layout` 1 the batch comes first.
package protocol RecurrentOperator: Operator {
  var options: RecurrentOptions { get }
  var cell: Recurrence.Cell { get }
}

extension RecurrentOperator {
  public static var inputCount: ClosedRange<Int> { 3...6 }
  public static var outputCount: ClosedRange<Int> { 1...2 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType([0, 1, 2, 3, 5, 6, 7], among: .floats)
    if operands.optional(4) != nil { _ = try operands.required(4, of: [.int32]) }
    let x = try operands.shape(0, rank: 3...3)
    let w = try operands.shape(1, rank: 3...3)
    let r = try operands.shape(2, rank: 3...3)
    let directions = Dimension.fixed(options.directionCount)
    let (batchAxis, stepAxis) = options.isBatchFirst ? (0, 1) : (1, 0)
    let batch = x?[batchAxis] ?? .unknown
    let steps = x?[stepAxis] ?? .unknown
    var hidden = options.hiddenSize.map { Dimension.fixed($0) } ?? .unknown
    let message = "the shapes of a recurrent layer do not fit"
    if let w {
      _ = try operands.unify(w[0], directions, message)
      if let x { _ = try operands.unify(w[2], x[2], message) }
      if let rows = w[1].value {
        let (quotient, rest) = rows.quotientAndRemainder(dividingBy: cell.gateCount)
        guard rest == 0 else {
          throw operands.shapeMismatch(
            message, found: "weights with \(rows) rows",
            expected: "\(cell.gateCount) gates of the same size")
        }
        hidden = try operands.unify(hidden, .fixed(quotient), message)
      }
    }
    if let r {
      _ = try operands.unify(r[0], directions, message)
      hidden = try operands.unify(hidden, r[2], message)
    }
    if let size = hidden.value {
      let gates = Dimension.fixed(cell.gateCount * size)
      if let r { _ = try operands.unify(r[1], gates, message) }
      try check(operands, 3, [directions, .fixed(2 * cell.gateCount * size)])
      try check(operands, 7, [directions, .fixed(3 * size)])
    }
    try check(operands, 4, [batch])
    let state: SymbolicShape =
      options.isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
    try check(operands, 5, state)
    try check(operands, 6, state)
    let y: SymbolicShape =
      options.isBatchFirst
      ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]
    return [y, state, state].prefix(Self.outputCount.upperBound).map { ValueFacts(type, $0) }
  }

  private func check(
    _ operands: Operands, _ index: Int, _ expected: SymbolicShape
  ) throws(MRDLError) {
    guard operands.optional(index) != nil,
      let shape = try operands.shape(index, rank: expected.rank...expected.rank)
    else { return }
    for axis in 0..<shape.rank where shape[axis].unified(with: expected[axis]) == nil {
      throw operands.shapeMismatch(
        "input \(index) of a recurrent layer has the wrong shape", found: "\(shape)",
        expected: "\(expected)")
    }
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let x = inputs[0]?.concreteShape, let w = inputs[1]?.concreteShape,
      let r = inputs[2]?.concreteShape
    else { return Cost() }
    let rows = Cost.product(x[0], x[1])
    return Cost(
      multiplyAdds: Cost.product(rows, w.elementCount + r.elementCount),
      otherOperations: Cost.product(rows, w[0], w[1]))
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return RecurrentKernel(self, type, request)
  }
}

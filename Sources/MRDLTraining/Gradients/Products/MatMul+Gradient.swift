public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// Y = A B over the last two axes: δA = δY Bᵀ and δB = Aᵀ δY, summed over the axes along which an
/// operand was repeated (3-14), (3-17).
///
/// A vector on the left counts as one row, on the right as one column, as in the product itself.
public enum MatMulRule: GradientRule {
  public static let operatorName = "MatMul"
  public static let backwardOperators: [any Operator.Type] = [InsertAxis.self, ReshapeLike.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    var residual = try step.outputResidual()
    let ranks = [try step.rank(0), try step.rank(1)]
    // A vector's axis of one element, which the product has taken away, comes back: first that of the
    // columns, which stands last.
    var operands = step.inputNames
    if ranks[1] == 1 {
      residual = insertAxis(&step, residual, -1)
      operands[1] = insertAxis(&step, operands[1], -1)
    }
    if ranks[0] == 1 {
      residual = insertAxis(&step, residual, -2)
      operands[0] = insertAxis(&step, operands[0], -2)
    }
    if step.needs(0) {
      let transposed = transposed(&step, operands[1], rank: max(ranks[1], 2))
      let product = step.add("MatMul", [residual, transposed])
      setResidual(of: 0, &step, product, operands[0], isVector: ranks[0] == 1)
    }
    if step.needs(1) {
      let transposed = transposed(&step, operands[0], rank: max(ranks[0], 2))
      let product = step.add("MatMul", [transposed, residual])
      setResidual(of: 1, &step, product, operands[1], isVector: ranks[1] == 1)
    }
  }

  private static func insertAxis(
    _ step: inout GradientStep, _ value: String, _ axis: Int64
  ) -> String {
    step.add(InsertAxis.self, [value], ["axis": .integer(axis)])
  }

  private static func transposed(
    _ step: inout GradientStep, _ value: String, rank: Int
  ) -> String {
    var order = (0..<rank).map { Int64($0) }
    order.swapAt(rank - 1, rank - 2)
    return step.add("Transpose", [value], ["perm": .integers(order)])
  }

  private static func setResidual(
    of input: Int, _ step: inout GradientStep, _ product: String, _ operand: String, isVector: Bool
  ) {
    let sum = step.add(SumToShape.self, [product, operand])
    step.setResidual(
      of: input,
      to: isVector ? step.add(ReshapeLike.self, [sum, step.inputNames[input]]) : sum)
  }
}

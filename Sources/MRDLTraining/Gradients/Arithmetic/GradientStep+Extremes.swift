internal import MRDLCore
internal import MRDLModel

extension GradientStep {
  /// Shares the residual out among the operands that are equal to the result.
  mutating func passToExtremes() throws(MRDLError) {
    let residual = try outputResidual()
    let masks = node.inputs.map { input in
      add("CastLike", [add("Equal", [input, node.outputs[0]]), residual])
    }
    let share = add("Div", [residual, add("Sum", masks)])
    for (index, mask) in masks.enumerated() where needs(index) {
      try setResidual(of: index, toSumOf: add("Mul", [share, mask]))
    }
  }
}

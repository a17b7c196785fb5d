public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = the largest number of each plane: the largest numbers share the residual.
public enum GlobalMaxPoolRule: GradientRule {
  public static let operatorName = "GlobalMaxPool"
  public static let backwardOperators: [any Operator.Type] = ReduceMaxRule.backwardOperators

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let axes = (2..<max(2, try step.rank(0))).map { Int64($0) }
    let inputs = [residual, step.inputNames[0], step.outputNames[0]]
    step.setResidual(
      of: 0,
      to: step.add(
        ReductionGradient.self,
        inputs + [step.add("Constant", [], ["value_ints": .integers(axes)])],
        [
          "reduction": .string(ReduceMaxRule.operatorName), "noop_with_empty_axes": .integer(1),
        ]))
  }
}

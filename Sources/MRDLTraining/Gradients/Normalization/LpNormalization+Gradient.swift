public import MRDLCore
internal import MRDLModel

/// y = x divided by its norm along an axis; a norm of 0 counts as 1.
public enum LpNormalizationRule: ExpansionRule {
  public static let operatorName = "LpNormalization"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let x = step.inputNames[0]
    let axes = step.integers([step.integer("axis") ?? -1])
    let norm = step.add(step.integer("p") == 1 ? "ReduceL1" : "ReduceL2", [x, axes])
    let isZero = step.add("Equal", [norm, try step.number(0)])
    let divisor = step.add("Where", [isZero, try step.number(1), norm])
    step.setOutput(0, to: step.add("Div", [x, divisor]))
  }
}

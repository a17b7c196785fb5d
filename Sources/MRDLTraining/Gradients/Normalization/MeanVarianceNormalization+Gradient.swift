public import MRDLCore
internal import MRDLModel

/// y = (x − mean) / (√variance + 10⁻⁹) over some axes, written as means.
public enum MeanVarianceNormalizationRule: ExpansionRule {
  public static let operatorName = "MeanVarianceNormalization"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let x = step.inputNames[0]
    let axes = step.integers(step.integers("axes") ?? [0, 2, 3])
    let centered = step.add("Sub", [x, step.add("ReduceMean", [x, axes])])
    let variance = step.add("ReduceMean", [step.add("Mul", [centered, centered]), axes])
    let divisor = step.add("Add", [step.add("Sqrt", [variance]), try step.number(1e-9)])
    step.setOutput(0, to: step.add("Div", [centered, divisor]))
  }
}

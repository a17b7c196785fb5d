public import MRDLCore
internal import MRDLModel

/// y = (Σ |x|ᵖ)^(1/p) over each window, written with the mean over the window and its padding.
public enum LpPoolRule: ExpansionRule {
  public static let operatorName = "LpPool"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    if (step.integer("ceil_mode") ?? 0) != 0 {
      throw step.refusal("windows that reach beyond the padding have other means")
    }
    let power = step.integer("p") ?? 2
    let area = (step.integers("kernel_shape") ?? []).reduce(1, *)
    var attributes = step.node.attributes
    attributes["p"] = nil
    attributes["count_include_pad"] = .integer(1)
    let powers = try self.power(&step, step.inputNames[0], power)
    let mean = step.add("AveragePool", [powers], attributes)
    let sum = step.add("Mul", [mean, try step.number(Double(area))])
    step.setOutput(0, to: try root(&step, sum, power))
  }

  /// |x|ᵖ.
  static func power(
    _ step: inout ExpansionStep, _ x: String, _ power: Int
  ) throws(MRDLError) -> String {
    if power == 1 { return step.add("Abs", [x]) }
    if power == 2 { return step.add("Mul", [x, x]) }
    return step.add("Pow", [step.add("Abs", [x]), try step.number(Double(power))])
  }

  /// The root of a sum; where that is 0, the slope counts as 0.
  static func root(
    _ step: inout ExpansionStep, _ sum: String, _ power: Int
  ) throws(MRDLError) -> String {
    if power == 1 { return sum }
    let zero = try step.number(0)
    let isZero = step.add("Equal", [sum, zero])
    let positive = step.add("Where", [isZero, try step.number(1), sum])
    let root =
      power == 2
      ? step.add("Sqrt", [positive])
      : step.add("Pow", [positive, try step.number(1 / Double(power))])
    return step.add("Where", [isZero, zero, root])
  }
}

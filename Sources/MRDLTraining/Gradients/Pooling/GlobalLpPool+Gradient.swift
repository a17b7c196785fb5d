public import MRDLCore
internal import MRDLModel

/// y = (Σ |x|ᵖ)^(1/p) over all spatial axes, written as a reduction.
public enum GlobalLpPoolRule: ExpansionRule {
  public static let operatorName = "GlobalLpPool"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let rank = try step.shape(0).rank
    let power = step.integer("p") ?? 2
    let x = step.inputNames[0]
    guard rank > 2 else {
      step.setOutput(0, to: step.add("Abs", [x]))
      return
    }
    let axes = step.integers(Array(2..<rank))
    if power <= 2 {
      step.setOutput(0, to: step.add(power == 1 ? "ReduceL1" : "ReduceL2", [x, axes]))
      return
    }
    let sum = step.add("ReduceSum", [try LpPoolRule.power(&step, x, power), axes])
    step.setOutput(0, to: try LpPoolRule.root(&step, sum, power))
  }
}

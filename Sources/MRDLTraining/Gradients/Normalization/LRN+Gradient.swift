public import MRDLCore
internal import MRDLModel

/// y = x / (bias + α/size Σ x²)^β over neighbouring channels, written with a mean over a window of channels.
public enum LRNRule: ExpansionRule {
  public static let operatorName = "LRN"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let rank = try step.shape(0).rank
    guard rank <= 4 else { throw step.refusal("the input has more than four axes") }
    let x = step.inputNames[0]
    let size = step.integer("size") ?? 1
    let axis = step.integers([1])
    // Channels become the first of the axes that the window moves along.
    let squares = step.add("Unsqueeze", [step.add("Mul", [x, x]), axis])
    let others = [Int64](repeating: 1, count: rank - 2)
    let none = [Int64](repeating: 0, count: rank - 2)
    let pads = [Int64((size - 1) / 2)] + none + [Int64(size / 2)] + none
    let mean = step.add(
      "AveragePool", [squares],
      [
        "kernel_shape": .integers([Int64(size)] + others), "pads": .integers(pads),
        "count_include_pad": .integer(1),
      ])
    let scaled = step.add(
      "Mul", [step.add("Squeeze", [mean, axis]), try step.number(step.float("alpha") ?? 1e-4)])
    let sum = step.add("Add", [scaled, try step.number(step.float("bias") ?? 1)])
    let divisor = step.add("Pow", [sum, try step.number(step.float("beta") ?? 0.75)])
    step.setOutput(0, to: step.add("Div", [x, divisor]))
  }
}

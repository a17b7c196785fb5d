public import MRDLCore
internal import MRDLModel

/// A depthwise convolution that sees earlier positions only, written as Conv behind the state.
public enum CausalConvWithStateRule: ExpansionRule {
  public static let operatorName = "CausalConvWithState"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let channels = try step.extent(1, 0)
    let before = try step.extent(1, 2) - 1
    guard before >= 0 else { throw step.refusal("the window is empty") }
    let x = step.inputNames[0]
    let seen =
      step.isGiven(3)
      ? step.add("Concat", [step.inputNames[3], x], ["axis": .integer(2)])
      : step.add("Pad", [x, step.integers([0, 0, before, 0, 0, 0])])
    var inputs = [seen, step.inputNames[1]]
    if step.isGiven(2) { inputs.append(step.inputNames[2]) }
    var y = step.add("Conv", inputs, ["group": .integer(Int64(channels))])
    if let activation = step.string("activation"), activation != "none" {
      y = step.add("Swish", [y])
    }
    step.setOutput(0, to: y)
    if step.isWanted(1) {
      guard before > 0 else { throw step.refusal("the state is empty") }
      let bounds = [-before, Int(Int32.max), 2].map { step.integers([$0]) }
      step.setOutput(1, to: step.add("Slice", [seen] + bounds))
    }
  }
}

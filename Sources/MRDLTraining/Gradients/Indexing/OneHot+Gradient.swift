public import MRDLCore
internal import MRDLModel

/// y = on at one place of an axis and off elsewhere, written as off + (on − off) · (0 or 1).
public enum OneHotRule: ExpansionRule {
  public static let operatorName = "OneHot"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let values = step.inputNames[2]
    func value(_ step: inout ExpansionStep, _ index: Int64) -> String {
      step.add("Gather", [values, step.constant(Tensor([index], shape: .scalar))])
    }
    let off = value(&step, 0)
    let difference = step.add("Sub", [value(&step, 1), off])
    let places = step.add(
      "OneHot", [step.inputNames[0], step.inputNames[1], try step.numbers([0, 1], [2], like: 2)],
      step.node.attributes)
    step.setOutput(0, to: step.add("Add", [step.add("Mul", [places, difference]), off]))
  }
}

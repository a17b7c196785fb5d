public import MRDLCore
internal import MRDLModel

/// y = x with some elements replaced by others: x gets the residual where nothing was replaced, the others get
/// it where they went.
public enum ScatterElementsRule: GradientRule {
  public static let operatorName = "ScatterElements"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    if let reduction = step.attributes["reduction"], reduction != .string("none") {
      throw step.refusal("elements are combined rather than replaced")
    }
    let residual = try step.outputResidual()
    let (places, updates) = (step.inputNames[1], step.inputNames[2])
    if step.needs(0) {
      let zeros = step.add("Sub", [updates, updates])
      step.setResidual(
        of: 0, to: step.add("ScatterElements", [residual, places, zeros], step.attributes))
    }
    if step.needs(2) {
      let attributes: [String: AttributeValue] = step.attributes["axis"].map { ["axis": $0] } ?? [:]
      step.setResidual(of: 2, to: step.add("GatherElements", [residual, places], attributes))
    }
  }
}

public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = the largest or smallest elements along an axis, each of which gets its residual.
public enum TopKRule: GradientRule {
  public static let operatorName = "TopK"
  public static let backwardOperators: [any Operator.Type] = GatherRule.backwardOperators

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let x = step.inputNames[0]
    let places = step.add(TopK.self, step.inputNames, step.attributes, outputs: [false, true])[1]
    let axis = step.attributes["axis"] ?? .integer(-1)
    let numbers = step.add(
      "GatherElements", [step.add(ElementNumbers.self, [x]), places], ["axis": axis])
    step.setResidual(of: 0, to: step.add(AddToElements.self, [residual, x, numbers]))
  }
}

public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = x at given places, 0 elsewhere: each element gets the residual of where it went.
public enum MaxUnpoolRule: GradientRule {
  public static let operatorName = "MaxUnpool"
  public static let backwardOperators = GatherRule.backwardOperators

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    var inputs = step.inputNames
    // The operator moves real numbers, which count exactly up to 2⁵³.
    let double: [String: AttributeValue] = ["to": .integer(11)]
    inputs[0] = step.add("Cast", [step.add(ElementNumbers.self, [inputs[0]])], double)
    let moved = step.add("MaxUnpool", inputs, step.attributes)
    let numbers = step.add("Cast", [moved], ["to": .integer(7)])
    step.setResidual(
      of: 0, to: step.add(AddToElements.self, [residual, step.inputNames[0], numbers]))
  }
}

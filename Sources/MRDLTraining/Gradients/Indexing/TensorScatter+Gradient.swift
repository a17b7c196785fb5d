public import MRDLCore
public import MRDLOperators

/// y = a cache with an update written into it: the update gets the residuals of where it went, the cache those of the
/// rest.
public enum TensorScatterRule: GradientRule {
  public static let operatorName = "TensorScatter"
  public static let backwardOperators = GatherRule.backwardOperators

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let numbers = (0..<2).map { step.add(ElementNumbers.self, [step.inputNames[$0]]) }
    for input in 0..<2 where step.needs(input) {
      var inputs = step.inputNames
      inputs[input] = numbers[input]
      let other = numbers[1 - input]
      inputs[1 - input] = step.add("Sub", [other, other])
      let moved = step.add("TensorScatter", inputs, step.attributes)
      step.setResidual(
        of: input,
        to: step.add(AddToElements.self, [residual, step.inputNames[input], moved]))
    }
  }
}

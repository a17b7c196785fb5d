public import MRDLCore
internal import MRDLModel

/// z = x − y n for a whole number n: δx = δz and δy = −δz n.
public enum ModRule: GradientRule {
  public static let operatorName = "Mod"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    if step.needs(0) { try step.setResidual(of: 0, toSumOf: residual) }
    if step.needs(1) {
      let difference = step.add("Sub", [step.outputNames[0], step.inputNames[0]])
      let count = step.add("Round", [step.add("Div", [difference, step.inputNames[1]])])
      try step.setResidual(of: 1, toSumOf: step.add("Mul", [residual, count]))
    }
  }
}

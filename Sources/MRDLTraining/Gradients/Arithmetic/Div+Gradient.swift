public import MRDLCore

/// z = x / y: δx = δz / y and δy = −δz z / y.
public enum DivRule: GradientRule {
  public static let operatorName = "Div"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let quotient = step.add("Div", [residual, step.inputNames[1]])
    if step.needs(0) { try step.setResidual(of: 0, toSumOf: quotient) }
    if step.needs(1) {
      let product = step.add("Mul", [quotient, step.outputNames[0]])
      try step.setResidual(of: 1, toSumOf: step.negated(product))
    }
  }
}

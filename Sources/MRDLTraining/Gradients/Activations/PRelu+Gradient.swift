public import MRDLCore

/// y = x for x ≥ 0, s x below: δx = δy, below zero s δy, and δs = δy min(x, 0).
public enum PReluRule: GradientRule {
  public static let operatorName = "PRelu"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let (x, slope) = (step.inputNames[0], step.inputNames[1])
    if step.needs(0) {
      let isNegative = step.add("Less", [x, step.add("Sub", [x, x])])
      let scaled = step.add("Mul", [residual, slope])
      step.setResidual(of: 0, to: step.add("Where", [isNegative, scaled, residual]))
    }
    if step.needs(1) {
      let negative = step.add("Sub", [x, step.add("Relu", [x])])
      try step.setResidual(of: 1, toSumOf: step.add("Mul", [residual, negative]))
    }
  }
}

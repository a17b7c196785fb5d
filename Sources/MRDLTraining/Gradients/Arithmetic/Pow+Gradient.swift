public import MRDLCore
internal import MRDLModel

/// z = x^y: δx = δz y x^{y − 1} and, where x is positive, δy = δz z ln x; elsewhere δy is 0.
public enum PowRule: GradientRule {
  public static let operatorName = "Pow"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let (base, exponent) = (step.inputNames[0], step.inputNames[1])
    if step.needs(0) {
      let one = step.add("Constant", [], ["value_float": .float(1)])
      let less = step.add("Sub", [exponent, step.add("CastLike", [one, exponent])])
      // The exponent may be of another type than the base.
      let factor = step.add("CastLike", [exponent, base])
      let slope = step.add("Mul", [factor, step.add("Pow", [base, less])])
      try step.setResidual(of: 0, toSumOf: step.add("Mul", [residual, slope]))
    }
    if step.needs(1) {
      let zero = step.add("Sub", [base, base])
      let isPositive = step.add("Greater", [base, zero])
      // A number of which the logarithm is 0 stands for those that have none.
      let one = step.add("Exp", [zero])
      let logarithm = step.add("Log", [step.add("Where", [isPositive, base, one])])
      let slope = step.add("Mul", [step.outputNames[0], logarithm])
      try step.setResidual(of: 1, toSumOf: step.add("Mul", [residual, slope]))
    }
  }
}

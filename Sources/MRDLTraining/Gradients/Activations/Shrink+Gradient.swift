public import MRDLCore
internal import MRDLModel

/// y = x moved towards zero by a bias outside ±λ, 0 inside: the residual passes outside.
public enum ShrinkRule: GradientRule {
  public static let operatorName = "Shrink"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let x = step.inputNames[0]
    let lambda = step.attributes["lambd"] ?? .float(0.5)
    let bound = step.add("CastLike", [step.add("Constant", [], ["value_float": lambda]), x])
    let isOutside = step.add("Greater", [step.add("Abs", [x]), bound])
    let mask = step.add("CastLike", [isOutside, residual])
    step.setResidual(of: 0, to: step.add("Mul", [residual, mask]))
  }
}

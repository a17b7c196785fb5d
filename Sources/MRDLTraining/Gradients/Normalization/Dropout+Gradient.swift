public import MRDLCore
internal import MRDLOperators

/// Dropout as in inference: nothing is dropped, and the residual passes.
public enum DropoutRule: GradientRule {
  public static let operatorName = "Dropout"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    if let training = step.inputs.count > 2 ? step.inputs[2] : nil {
      guard let constant = training.constant, constant.scalarType == .bool,
        constant.elements(as: Bool.self) == [false]
      else { throw step.refusal("dropping values at random has no derivative here") }
    }
    step.setResidual(of: 0, to: try step.outputResidual())
  }
}

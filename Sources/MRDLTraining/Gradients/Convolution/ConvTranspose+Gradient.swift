public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// Y = the transposed convolution of X with W, plus b: δX is the convolution of δY with W, δW that gradient of
/// the weights which a convolution from Y to X has, and δb the sum of δY over the batch and all places.
public enum ConvTransposeRule: GradientRule {
  public static let operatorName = "ConvTranspose"
  public static let backwardOperators: [any Operator.Type] = [
    ConvWeightGradient.self, ChannelSum.self,
  ]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    var attributes = step.attributes
    if let pad = attributes["auto_pad"], pad != .string("NOTSET"), pad != .string("VALID") {
      throw step.refusal("the padding follows from the output")
    }
    if attributes["output_shape"] != nil {
      throw step.refusal("the padding follows from the output")
    }
    attributes["output_padding"] = nil
    if step.needs(0) {
      step.setResidual(
        of: 0, to: step.add("Conv", [residual, step.inputNames[1]], attributes))
    }
    if step.needs(1) {
      // As a convolution, X is the result and δY what it was made of.
      step.setResidual(
        of: 1,
        to: step.add(
          ConvWeightGradient.self, [step.inputNames[0], residual, step.inputNames[1]],
          attributes))
    }
    if step.needs(2) { step.setResidual(of: 2, to: step.add(ChannelSum.self, [residual])) }
  }
}

public import MRDLCore
internal import MRDLModel

/// y = a sigmoid(α a) b, written as Swish and a product.
public enum SwiGLURule: ExpansionRule {
  public static let operatorName = "SwiGLU"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    let gate = step.add("Swish", [step.inputNames[0]], step.node.attributes)
    step.setOutput(0, to: step.add("Mul", [gate, step.inputNames[1]]))
  }
}

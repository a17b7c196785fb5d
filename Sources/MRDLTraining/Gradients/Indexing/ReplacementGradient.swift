package import MRDLCore
package import MRDLModel

/// y = x with some elements replaced by others: x gets the residual where nothing was replaced, the others get
/// it where they went. With `reduction` "add" x keeps all of it.
package protocol ReplacementRule: GradientRule {
  /// The operator that reads the elements which this one replaces.
  static var gatherName: String { get }
  /// Its attributes, from those of the node.
  static func gatherAttributes(
    _ attributes: [String: AttributeValue]
  ) -> [String: AttributeValue]
}

extension ReplacementRule {
  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let reduction = step.attributes["reduction"] ?? .string("none")
    guard reduction == .string("none") || reduction == .string("add") else {
      throw step.refusal("elements are neither replaced nor added")
    }
    let residual = try step.outputResidual()
    let (places, updates) = (step.inputNames[1], step.inputNames[2])
    if step.needs(0), reduction == .string("add") {
      step.setResidual(of: 0, to: residual)
    } else if step.needs(0) {
      let zeros = step.add("Sub", [updates, updates])
      step.setResidual(
        of: 0, to: step.add(operatorName, [residual, places, zeros], step.attributes))
    }
    if step.needs(2) {
      step.setResidual(
        of: 2, to: step.add(gatherName, [residual, places], gatherAttributes(step.attributes)))
    }
  }
}

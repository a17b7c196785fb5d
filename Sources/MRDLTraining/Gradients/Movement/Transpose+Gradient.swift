public import MRDLCore
internal import MRDLModel

/// The residual's axes are put back in their order.
public enum TransposeRule: GradientRule {
  public static let operatorName = "Transpose"

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    var attributes: [String: AttributeValue] = [:]
    if case .integers(let order) = step.attributes["perm"] {
      let inverse = order.indices.sorted { order[$0] < order[$1] }
      attributes["perm"] = .integers(inverse.map { Int64($0) })
    }
    step.setResidual(of: 0, to: step.add("Transpose", [residual], attributes))
  }
}

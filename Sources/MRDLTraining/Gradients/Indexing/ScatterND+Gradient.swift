package import MRDLModel

/// The gradient of ScatterND.
public enum ScatterNDRule: ReplacementRule {
  public static let operatorName = "ScatterND"
  package static let gatherName = "GatherND"

  package static func gatherAttributes(
    _ attributes: [String: AttributeValue]
  ) -> [String: AttributeValue] { [:] }
}

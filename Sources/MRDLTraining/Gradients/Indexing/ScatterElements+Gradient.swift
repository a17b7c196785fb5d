package import MRDLModel

/// The gradient of ScatterElements.
public enum ScatterElementsRule: ReplacementRule {
  public static let operatorName = "ScatterElements"
  package static let gatherName = "GatherElements"

  package static func gatherAttributes(
    _ attributes: [String: AttributeValue]
  ) -> [String: AttributeValue] {
    attributes["axis"].map { ["axis": $0] } ?? [:]
  }
}

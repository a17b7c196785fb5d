internal import MRDLModel

/// Rows with their mean taken away and divided by their deviation, scaled and shifted.
public enum LayerNormalizationRule: RowNormalizationRule {
  public static let operatorName = "LayerNormalization"

  static let subtractsMean = true
  static let isByChannel = false

  static func rows(_ step: GradientStep) -> [String: AttributeValue] {
    ["axis": step.attributes["axis"] ?? .integer(-1)]
  }
}

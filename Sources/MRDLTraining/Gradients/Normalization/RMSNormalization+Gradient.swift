internal import MRDLModel

/// Rows divided by their root mean square, scaled.
public enum RMSNormalizationRule: RowNormalizationRule {
  public static let operatorName = "RMSNormalization"

  static let subtractsMean = false
  static let isByChannel = false

  static func rows(_ step: GradientStep) -> [String: AttributeValue] {
    ["axis": step.attributes["axis"] ?? .integer(-1)]
  }
}

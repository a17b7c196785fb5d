internal import MRDLModel

/// Planes with their mean taken away and divided by their deviation, scaled and shifted.
public enum InstanceNormalizationRule: RowNormalizationRule {
  public static let operatorName = "InstanceNormalization"

  static let subtractsMean = true
  static let isByChannel = true

  static func rows(_ step: GradientStep) -> [String: AttributeValue] {
    ["axis": .integer(2)]
  }
}

internal import MRDLModel

/// Groups of channels with their mean taken away and divided by their deviation, scaled and shifted.
public enum GroupNormalizationRule: RowNormalizationRule {
  public static let operatorName = "GroupNormalization"

  static let subtractsMean = true
  static let isByChannel = true

  static func rows(_ step: GradientStep) -> [String: AttributeValue] {
    ["num_groups": step.attributes["num_groups"] ?? .integer(1)]
  }
}

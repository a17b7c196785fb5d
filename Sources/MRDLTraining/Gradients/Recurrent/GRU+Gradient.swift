public import MRDLCore
public import MRDLOperators

/// Residuals of a GRU pass back through its states, step by step.
public enum GRURule: RecurrentRule {
  public static let operatorName = "GRU"
  public static let backwardOperators: [any Operator.Type] = [GRUGradient.self]

  static let gradient: any Operator.Type = GRUGradient.self
}

/// The residuals of the inputs of GRU.
public struct GRUGradient: RecurrentGradient {
  public static let name = "GRUGradient"

  let layer: GRU
  let truncation: Int?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    truncation = try attributes.truncation()
    layer = try GRU(attributes: &attributes)
  }
}

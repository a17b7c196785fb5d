public import MRDLCore
public import MRDLOperators

/// Gated recurrent units in training, with the trace that the way back reads.
public struct TrainingGRU: TrainingRecurrent {
  public static let name = "TrainingGRU"

  let layer: GRU

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    // Only the way back heeds it.
    _ = try attributes.truncation()
    layer = try GRU(attributes: &attributes)
  }
}

/// Residuals pass back as through GRU, without walking forward again.
public enum TrainingGRURule: RecurrentRule {
  public static let operatorName = TrainingGRU.name
  public static let domain = TrainingGRU.domain
  public static let backwardOperators: [any Operator.Type] = [TrainingGRU.self]

  static let gradient: any Operator.Type = GRUGradient.self
  static let keepsTrace = true
}

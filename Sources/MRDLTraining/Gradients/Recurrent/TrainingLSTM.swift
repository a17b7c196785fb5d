public import MRDLCore
public import MRDLOperators

/// Long short-term memory in training, with the trace that the way back reads.
public struct TrainingLSTM: TrainingRecurrent {
  public static let name = "TrainingLSTM"

  let layer: LSTM

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    // Only the way back heeds it.
    _ = try attributes.truncation()
    layer = try LSTM(attributes: &attributes)
  }
}

/// Residuals pass back as through LSTM, without walking forward again.
public enum TrainingLSTMRule: RecurrentRule {
  public static let operatorName = TrainingLSTM.name
  public static let domain = TrainingLSTM.domain
  public static let backwardOperators: [any Operator.Type] = [TrainingLSTM.self]

  static let gradient: any Operator.Type = LSTMGradient.self
  static let keepsTrace = true
}

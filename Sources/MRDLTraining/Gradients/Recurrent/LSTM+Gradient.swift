public import MRDLCore
public import MRDLOperators

/// Residuals of an LSTM pass back through its states and cells, step by step.
public enum LSTMRule: RecurrentRule {
  public static let operatorName = "LSTM"
  public static let backwardOperators: [any Operator.Type] = [LSTMGradient.self]

  static let gradient: any Operator.Type = LSTMGradient.self
}

/// The residuals of the inputs of LSTM.
public struct LSTMGradient: RecurrentGradient {
  public static let name = "LSTMGradient"

  let layer: LSTM
  let truncation: Int?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    truncation = try attributes.truncation()
    layer = try LSTM(attributes: &attributes)
  }
}

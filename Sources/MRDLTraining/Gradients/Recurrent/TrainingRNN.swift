public import MRDLCore
public import MRDLOperators

/// A simple recurrent layer in training, with the trace that the way back reads.
public struct TrainingRNN: TrainingRecurrent {
  public static let name = "TrainingRNN"

  let layer: RNN

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    // Only the way back heeds it.
    _ = try attributes.truncation()
    layer = try RNN(attributes: &attributes)
  }
}

/// Residuals pass back as through RNN, without walking forward again.
public enum TrainingRNNRule: RecurrentRule {
  public static let operatorName = TrainingRNN.name
  public static let domain = TrainingRNN.domain
  public static let backwardOperators: [any Operator.Type] = [TrainingRNN.self]

  static let gradient: any Operator.Type = RNNGradient.self
  static let keepsTrace = true
}
